//! A digest laid out: every text of the letter in its place, for HTML and for the text twin alike.

use std::collections::BTreeSet;

use chrono::Days;

use super::list;
use super::phrases::{Moves, Phrases};
use super::row::{Aside, NAME, Order, Row, SENTENCE, row, sort};
use super::totals::{CURRENCIES, Totals, more_currencies};
use crate::audit::amount::Amount;
use crate::audit::exception::{Continuity, Exception, Status, Tally};
use crate::audit::judgement::Reason;
use crate::notify::plan::{Digest, RuleNews, Section};
use crate::words;

/// How many days before its end a waiver is announced.
const WAIVER_NOTICE: u64 = 7;

/// The letter, laid out.
pub(super) struct Page {
    pub phrases: Phrases,
    pub subject: String,
    pub title: String,
    pub context: String,
    pub tiles: Vec<Tile>,
    pub headline: Vec<String>,
    /// Rules without a full result, as (title, why). Comes first: it limits what the rest means.
    pub unevaluated: Bounded<(String, String)>,
    pub listings: Vec<Listing>,
    /// Rules over a warning limit, and which.
    pub warnings: Bounded<String>,
    /// What breaks of a rule have in common far beyond chance.
    pub patterns: Bounded<String>,
    /// What is owed by age, a line per rule and currency.
    pub ageing: Bounded<String>,
    pub baselines: Bounded<String>,
    pub in_transit: Bounded<String>,
    pub without_rate: Bounded<String>,
    pub continuity: Bounded<Ledger>,
    pub attached: String,
    pub page_link: String,
}

/// One figure of the headline.
pub(super) struct Tile {
    pub label: &'static str,
    pub values: Vec<String>,
}

/// A section of exceptions.
pub(super) struct Listing {
    pub title: &'static str,
    pub tone: Tone,
    pub count: usize,
    pub notes: Vec<String>,
    pub rows: Vec<Row>,
}

/// What a section's colour says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Bad,
    Plain,
    Good,
}

/// A list that shows no more than the letter's limit, and says so.
pub(super) struct Bounded<T> {
    pub items: Vec<T>,
    pub count: usize,
    /// “N in all, M shown”; absent where all are shown.
    pub note: Option<String>,
}

/// The continuity of one rule: a row of counts, and a row for each currency.
pub(super) struct Ledger {
    pub rule: String,
    /// Label, then one cell for each column; an empty cell is nothing.
    pub lines: Vec<(String, [String; 8])>,
}

impl Page {
    pub fn new(digest: &Digest, rows: usize, base_url: &str) -> Page {
        let phrases = Phrases { language: digest.department.language };
        let desk = Desk { digest, phrases, rows, base_url };
        let happened = &digest.happened;
        let department = desk.name(digest.department.title.get(phrases.language));
        let waiting = || digest.open.iter().filter(|live| live.status != Status::Waived);
        let open = Totals::of(waiting());
        let waived = digest.open.len() - open.count;
        let unevaluated = desk.unevaluated();
        Page {
            phrases,
            subject: phrases.subject(&department, happened.day, &desk.subject_parts(&open)),
            title: phrases.title(&department, happened.day),
            context: phrases.context(
                &desk.name(&happened.business),
                &desk.name(&happened.job),
                happened.as_of,
                happened.zone,
            ),
            tiles: desk.tiles(&open),
            headline: desk.headline(&open, waived, unevaluated.count),
            unevaluated,
            listings: desk.listings(),
            warnings: desk.warnings(),
            patterns: desk.patterns(),
            ageing: desk.ageing(),
            baselines: desk.baselines(),
            in_transit: desk.counted(|rule| rule.in_transit),
            without_rate: desk.counted(|rule| rule.without_rate),
            continuity: desk.continuity(),
            attached: phrases.attached(digest.open.len(), &list::file_name(digest)),
            page_link: format!("{base_url}/?department={}", list::query(&digest.department.name)),
        }
    }

    /// The sections that are a line a rule, with their titles.
    pub fn line_lists(&self) -> [(&'static str, &Bounded<String>); 6] {
        [
            (self.phrases.warnings(), &self.warnings),
            (self.phrases.patterns(), &self.patterns),
            (self.phrases.ageing(), &self.ageing),
            (self.phrases.baselines(), &self.baselines),
            (self.phrases.in_transit(), &self.in_transit),
            (self.phrases.without_rate(), &self.without_rate),
        ]
    }
}

/// Everything the parts of a page are made from.
struct Desk<'a> {
    digest: &'a Digest,
    phrases: Phrases,
    rows: usize,
    base_url: &'a str,
}

impl Desk<'_> {
    fn name(&self, text: &str) -> String {
        words::clip(&words::visible(text), NAME)
    }

    fn count(&self, section: Section) -> usize {
        self.digest.sections.get(&section).map_or(0, Vec::len)
    }

    fn headline(&self, open: &Totals, waived: usize, unevaluated: usize) -> Vec<String> {
        let incomplete = (unevaluated > 0).then(|| self.phrases.incomplete(unevaluated));
        let first = self.digest.sections.is_empty() && self.digest.rules.iter().any(|rule| rule.baseline);
        let moved = if first { self.phrases.first_look().to_owned() } else { self.phrases.moved(self.moves()) };
        let money = open.line(self.phrases.language);
        let standing = self.phrases.standing(open.count, &money, open.unpriced, waived);
        incomplete.into_iter().chain([moved, standing]).collect()
    }

    fn moves(&self) -> Moves {
        Moves {
            new: self.count(Section::New),
            worsened: self.count(Section::Worsened),
            changed: self.count(Section::Changed),
            regressed: self.count(Section::Regressed),
            resolved: self.count(Section::Resolved),
            gone: self.count(Section::Gone),
            rule_changed: self.count(Section::RuleChanged),
            retired: self.count(Section::Retired),
        }
    }

    fn subject_parts(&self, open: &Totals) -> Vec<String> {
        let moves = self.moves();
        let left = |rule: &&RuleNews| rule.not_evaluated.is_some() || !rule.unknown.is_empty();
        let unevaluated = self.digest.rules.iter().filter(left).count();
        let when_any = |count: usize, zh: &str, en: &str| (count > 0).then(|| self.phrases.counted(count, zh, en));
        let mut parts: Vec<String> = [
            when_any(
                unevaluated,
                "未核对规则",
                if unevaluated == 1 { "rule not evaluated" } else { "rules not evaluated" },
            ),
            Some(self.phrases.counted(moves.new, "新增", "new")),
            when_any(moves.worsened, "加重", "worsened"),
            when_any(moves.regressed, "重现", "came back"),
            when_any(moves.resolved, "解决", "resolved"),
            Some(self.phrases.counted(open.count, "未结", "open")),
        ]
        .into_iter()
        .flatten()
        .collect();
        let money = open.line(self.phrases.language);
        if !money.is_empty() {
            parts.push(self.phrases.at_risk_of(&words::clip(&money, NAME)));
        }
        parts
    }

    fn tiles(&self, open: &Totals) -> Vec<Tile> {
        let moves = self.moves();
        let [new, open_label, at_risk, closed] = self.phrases.tiles();
        let closed_now = self.digest.sections.values().flatten().filter(|change| !change.exception.status.is_live());
        let mut money = open.figures(self.phrases.language);
        if money.is_empty() {
            money.push("–".to_owned());
        }
        vec![
            Tile { label: new, values: vec![moves.new.to_string()] },
            Tile { label: open_label, values: vec![open.count.to_string()] },
            Tile { label: at_risk, values: money },
            Tile { label: closed, values: vec![closed_now.count().to_string()] },
        ]
    }

    fn bounded<T>(&self, mut items: Vec<T>, attached: bool) -> Bounded<T> {
        let count = items.len();
        items.truncate(self.rows);
        let note = (count > items.len()).then(|| self.phrases.shown(count, items.len(), attached));
        Bounded { items, count, note }
    }

    fn unevaluated(&self) -> Bounded<(String, String)> {
        let language = self.phrases.language;
        let incomplete = self.digest.rules.iter().filter_map(|rule| {
            let why = match &rule.not_evaluated {
                Some(reason) => words::reason(reason, language),
                None if rule.flooded => self.phrases.flooded().to_owned(),
                None if !rule.unknown.is_empty() => {
                    let left = Reason::Partly { companies: rule.unknown.clone() };
                    self.phrases.partly(&words::reason(&left, language))
                }
                None => return None,
            };
            Some((self.name(rule.title.get(language)), words::clip(&why, SENTENCE)))
        });
        self.bounded(incomplete.collect(), false)
    }

    fn listings(&self) -> Vec<Listing> {
        let changed = [Section::New, Section::Worsened, Section::Changed, Section::Regressed];
        let closed = [Section::Resolved, Section::Gone, Section::RuleChanged, Section::Retired];
        let mut listings: Vec<Listing> = changed.into_iter().filter_map(|section| self.changes(section)).collect();
        listings.extend(self.still_open());
        listings.extend(self.waivers_ending());
        listings.extend(closed.into_iter().filter_map(|section| self.changes(section)));
        listings
    }

    fn changes(&self, section: Section) -> Option<Listing> {
        let changes = self.digest.sections.get(&section)?;
        let exceptions = changes.iter().map(|change| &change.exception).collect();
        let (tone, aside) = match section {
            Section::New | Section::Worsened | Section::Regressed => (Tone::Bad, Aside::Nothing),
            Section::Changed => (Tone::Plain, Aside::Nothing),
            Section::Resolved => (Tone::Good, Aside::Nothing),
            Section::Gone => (Tone::Plain, Aside::Nothing),
            Section::RuleChanged | Section::Retired => (Tone::Plain, Aside::Outcome),
        };
        let mut listing = self.listing(self.phrases.section(section), tone, exceptions, Order::Severity, aside)?;
        if let Some(note) = self.phrases.section_note(section) {
            listing.notes.insert(0, note.to_owned());
        }
        Some(listing)
    }

    /// What stands open and is not told above. A baseline is no news, but its largest figures stand here: the first
    /// letter a reader gets must say what to look at.
    fn still_open(&self) -> Option<Listing> {
        let told: BTreeSet<&str> =
            self.digest.sections.values().flatten().map(|change| change.exception.id.as_str()).collect();
        let open = self.digest.open.iter();
        let still = open.filter(|live| live.status != Status::Waived && !told.contains(live.id.as_str()));
        self.listing(self.phrases.still_open(), Tone::Plain, still.collect(), Order::Money, Aside::Nothing)
    }

    fn waivers_ending(&self) -> Option<Listing> {
        let day = self.digest.happened.day;
        let soon = day.checked_add_days(Days::new(WAIVER_NOTICE)).unwrap_or(day);
        let ends = |live: &&Exception| {
            let last = live.waiver.as_ref().and_then(|waiver| waiver.expires);
            live.status == Status::Waived && last.is_some_and(|last| last >= day && last <= soon)
        };
        let ending = self.digest.open.iter().filter(ends).collect();
        self.listing(self.phrases.waivers_ending(), Tone::Plain, ending, Order::Money, Aside::Waiver)
    }

    fn listing(
        &self,
        title: &'static str,
        tone: Tone,
        mut exceptions: Vec<&Exception>,
        order: Order,
        aside: Aside,
    ) -> Option<Listing> {
        if exceptions.is_empty() {
            return None;
        }
        sort(&mut exceptions, order);
        let attached = exceptions.iter().all(|exception| exception.status.is_live());
        let shown = self.bounded(exceptions, attached);
        let rows = shown.items.into_iter().map(|each| row(each, self.digest, self.base_url, aside));
        Some(Listing { title, tone, count: shown.count, notes: shown.note.into_iter().collect(), rows: rows.collect() })
    }

    fn warnings(&self) -> Bounded<String> {
        let language = self.phrases.language;
        let lines = self.digest.rules.iter().filter(|rule| !rule.warned.is_empty()).map(|rule| {
            let limits: Vec<String> = rule.warned.iter().map(|excess| words::excess(excess, language)).collect();
            let limits = words::clip(&limits.join(self.phrases.semicolon()), SENTENCE);
            format!("{}{}{limits}", self.name(rule.title.get(language)), self.phrases.colon())
        });
        self.bounded(lines.collect(), false)
    }

    fn ageing(&self) -> Bounded<String> {
        let language = self.phrases.language;
        let aged = self.digest.rules.iter().filter_map(|rule| Some((rule, rule.ageing.as_ref()?)));
        let lines = aged.flat_map(|(rule, ageing)| {
            let title = self.name(rule.title.get(language));
            ageing.totals.iter().map(move |total| {
                let said = words::clip(&words::aged(ageing, total, language), SENTENCE);
                format!("{title}{}{said}", self.phrases.colon())
            })
        });
        self.bounded(lines.collect(), false)
    }

    fn patterns(&self) -> Bounded<String> {
        let language = self.phrases.language;
        let lines = self.digest.rules.iter().flat_map(|rule| rule.patterns.iter().map(move |pattern| (rule, pattern)));
        let lines = lines.map(|(rule, pattern)| {
            let title = self.digest.titles.get(&rule.id, &pattern.check);
            let said = words::clip(&words::pattern(pattern, title, language), SENTENCE);
            format!("{}{}{said}", self.name(rule.title.get(language)), self.phrases.colon())
        });
        self.bounded(lines.collect(), false)
    }

    fn baselines(&self) -> Bounded<String> {
        let language = self.phrases.language;
        let lines = self.digest.rules.iter().filter(|rule| rule.baseline).map(|rule| {
            let own = Totals::of(self.digest.open.iter().filter(|live| live.rule == rule.id));
            let all = rule.continuity.as_ref().map(|line| line.closing.count);
            self.phrases.baseline(&self.name(rule.title.get(language)), all, own.count, &own.line(language))
        });
        self.bounded(lines.collect(), false)
    }

    /// A line for each rule of which there are some.
    fn counted(&self, count: impl Fn(&RuleNews) -> u64) -> Bounded<String> {
        let language = self.phrases.language;
        let counts = self.digest.rules.iter().map(|rule| (rule, count(rule))).filter(|(_, count)| *count > 0);
        let lines = counts.map(|(rule, count)| self.phrases.count_line(&self.name(rule.title.get(language)), count));
        self.bounded(lines.collect(), false)
    }

    fn continuity(&self) -> Bounded<Ledger> {
        let language = self.phrases.language;
        let ledgers = self.digest.rules.iter().filter_map(|rule| {
            let line = rule.continuity.as_ref()?;
            Some(Ledger { rule: self.name(rule.title.get(language)), lines: self.ledger(line) })
        });
        self.bounded(ledgers.collect(), false)
    }

    fn ledger(&self, line: &Continuity) -> Vec<(String, [String; 8])> {
        let tallies = tallies(line);
        let counts = [0, 1, 2, 3, 4, 5, 6, 7].map(|column| match column {
            // What known exceptions gained or lost moves money only.
            3 => String::new(),
            0 | 7 => tallies[column].count.to_string(),
            _ => some(tallies[column].count != 0, || tallies[column].count.to_string()),
        });
        let mut lines = vec![(self.phrases.count().to_owned(), counts)];
        let currencies: BTreeSet<&str> =
            tallies.iter().flat_map(|tally| tally.amount.iter().map(|(currency, _)| currency)).collect();
        let more = more_currencies(currencies.len(), self.phrases.language);
        for currency in currencies.into_iter().take(CURRENCIES) {
            let cells = [0, 1, 2, 3, 4, 5, 6, 7].map(|column| {
                let amount = tallies[column].amount.0.get(currency).copied().unwrap_or(Amount::ZERO);
                some(!amount.is_zero() || column == 0 || column == 7, || words::figure(amount))
            });
            lines.push((self.name(currency), cells));
        }
        lines.extend(more.map(|more| (more, Default::default())));
        lines
    }
}

/// The tallies in the order of the columns.
fn tallies(line: &Continuity) -> [&Tally; 8] {
    let Continuity { opening, new, regressed, remeasured, resolved, gone, retired, closing } = line;
    [opening, new, regressed, remeasured, resolved, gone, retired, closing]
}

fn some(wanted: bool, text: impl FnOnce() -> String) -> String {
    if wanted { text() } else { String::new() }
}
