use tieout::audit::breaks::Severity;
use tieout::audit::exception::{Continuity, Exception, Step, Tally};
use tieout::language::Language;
use tieout::notify::letter::{HTML_BYTES, Letter, write};
use tieout::notify::plan::{Happened, RuleNews};

use super::made::{
    HOSTILE, amount_break, busy, changed, digest, exception, hostile, missing_break, orders_rule, quantity_break,
    quiet, unreadable,
};

const BASE: &str = "https://tieout.example.com";

fn letter(happened: &Happened, language: Language, rows: usize) -> Letter {
    write(&digest(happened, language).expect("a digest"), rows, BASE)
}

/// Keeps what was rendered where a person can look at it, when `TIEOUT_LETTERS` names a folder.
fn show(name: &str, letter: &Letter) {
    if let Ok(folder) = std::env::var("TIEOUT_LETTERS") {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(format!("{folder}/{name}.html"), &letter.html).unwrap();
    }
}

fn check(name: &str, happened: &Happened, rows: usize) {
    for language in [Language::Zh, Language::En] {
        let letter = letter(happened, language, rows);
        let name = format!("{name}_{}", language.code());
        show(&name, &letter);
        let text = format!("{}\n{}\n\n{}\n{}", letter.subject, letter.csv_name, letter.text, letter.csv);
        insta::assert_snapshot!(format!("{name}_text"), text);
        insta::assert_snapshot!(format!("{name}_html"), letter.html);
    }
}

/// A digest with `count` new exceptions, the first of them the smallest.
fn many(count: u32, breaks: usize) -> Happened {
    let live: Vec<Exception> = (1..=count)
        .map(|number| {
            let found = (0..breaks).map(|_| amount_break(&format!("{number}.00"), "0.00", "CNY")).collect();
            exception(&format!("SO-{number:05}"), found)
        })
        .collect();
    Happened { changes: live.iter().cloned().map(|each| changed(Step::Opened, each)).collect(), live, ..quiet() }
}

#[test]
fn a_letter_tells_everything_that_happened() {
    check("busy", &busy(), 20);
}

#[test]
fn a_letter_without_news_calls_to_mind_what_is_open() {
    let live = vec![exception("SO-1", vec![missing_break("finance", None)])];
    check("reminder", &Happened { live, ..quiet() }, 20);
}

#[test]
fn a_letter_that_only_says_a_rule_was_not_evaluated_is_short() {
    let rules = vec![RuleNews { not_evaluated: Some(unreadable()), ..orders_rule() }];
    check("unevaluated", &Happened { rules, ..quiet() }, 20);
}

#[test]
fn nothing_open_after_the_last_one_was_resolved_is_said() {
    let mended = changed(Step::Resolved, exception("SO-1", vec![amount_break("1.00", "2.00", "CNY")]));
    let letter = letter(&Happened { changes: vec![mended], ..quiet() }, Language::En, 20);
    assert_eq!(letter.subject, "[Reconciliation] Finance 2026-11-23: 0 new, 1 resolved, 0 open");
    assert!(letter.text.contains("This run: 1 resolved.\nNothing is open."), "{}", letter.text);
}

#[test]
fn a_long_list_says_how_many_there_are_how_many_it_shows_and_where_the_rest_is() {
    let letter = letter(&many(50, 1), Language::En, 20);
    assert!(letter.text.contains("50 in all, 20 shown; the rest is in the attachment."), "{}", letter.text);
    assert!(letter.html.contains("50 in all, 20 shown; the rest is in the attachment."));
    assert!(letter.text.contains("1. [Medium] SO-00050 / 1\n"), "the largest amount comes first: {}", letter.text);
    assert!(!letter.text.contains("SO-00030 / 1"), "the twenty-first is not listed");
    assert_eq!(letter.csv.lines().count(), 51, "the attachment lists all");
}

#[test]
fn closed_exceptions_that_are_not_shown_are_not_said_to_be_attached() {
    let mut happened = many(30, 1);
    happened.changes = happened.live.drain(..).map(|each| changed(Step::Resolved, each)).collect();
    let letter = letter(&happened, Language::En, 20);
    assert!(letter.text.contains("30 in all, 20 shown; the rest is on the exceptions page."), "{}", letter.text);
}

#[test]
fn gmail_never_clips_a_letter() {
    let wide = "仓".repeat(400);
    let mut happened = many(120, 6);
    for (number, live) in happened.live.iter_mut().enumerate() {
        live.rule_title = tieout::language::Bilingual::same(&*wide);
        live.assignee = Some("<&\">".repeat(40));
        live.rule = format!("rule-{}", number % 40);
        live.at_risk = super::made::purse(&[(&format!("C{number}"), "1.00"), (&wide, "1.00")]);
    }
    happened.changes = Step::ALL
        .into_iter()
        .flat_map(|step| happened.live.iter().cloned().map(move |each| changed(step, each)))
        .collect();
    let mut all = Tally { count: 120, ..Tally::default() };
    happened.live.iter().for_each(|live| all.amount.0.extend(live.at_risk.0.clone()));
    happened.rules = (0..40)
        .map(|number| RuleNews {
            not_evaluated: Some(unreadable()),
            in_transit: 1,
            without_rate: 1,
            baseline: number % 2 == 0,
            continuity: Some(Continuity { closing: all.clone(), ..Continuity::default() }),
            ..super::made::rule(&format!("rule-{number}"), &wide, &wide)
        })
        .collect();
    for language in [Language::Zh, Language::En] {
        for rows in [1, 20, 5_000] {
            let letter = letter(&happened, language, rows);
            assert!(letter.html.len() <= HTML_BYTES, "{} bytes with {rows} rows", letter.html.len());
            assert_eq!(letter.csv.lines().count(), 1 + 120 * 6, "the attachment is never cut");
        }
    }
}

#[test]
fn what_is_counted_at_risk_in_the_list_adds_up_to_the_letter() {
    let breaks = vec![
        missing_break("finance", Some(("CNY", "100.00"))),
        quantity_break("1", "2", Some(("CNY", "30.00"))),
        quantity_break("1", "2", Some(("USD", "7.00"))),
        quantity_break("1", "3", Some(("CNY", "100.00"))),
    ];
    let live = vec![exception("SO-1", breaks), exception("SO-2", vec![missing_break("sales", Some(("CNY", "5.50")))])];
    let letter = letter(&Happened { live, ..quiet() }, Language::En, 20);
    assert!(letter.subject.ends_with("2 open, CNY 105.50 / USD 7.00 at risk"), "{}", letter.subject);
    let mut reader = csv::Reader::from_reader(letter.csv.trim_start_matches('\u{FEFF}').as_bytes());
    let counted: Vec<String> = reader
        .records()
        .map(|record| record.unwrap())
        .map(|record| format!("{} {}", &record[11], &record[13]))
        .collect();
    assert_eq!(counted, ["CNY 100.00", "CNY ", "USD 7.00", "CNY ", "CNY 5.50"]);
}

#[test]
fn currencies_are_never_weighed_against_each_other() {
    let of = |order: &str, figure: &str, currency: &str| exception(order, vec![amount_break(figure, "0.00", currency)]);
    let live = vec![
        of("SO-1", "100.00", "CNY"),
        of("SO-2", "90.00", "CNY"),
        of("SO-3", "2.00", "USD"),
        of("SO-4", "1.00", "USD"),
        Exception { severity: Severity::Low, ..exception("SO-5", vec![missing_break("sales", None)]) },
    ];
    let letter = letter(&Happened { live, ..quiet() }, Language::En, 20);
    let order: Vec<&str> =
        letter.text.lines().filter(|line| line.contains(". [")).map(|line| line.split(' ').nth(2).unwrap()).collect();
    assert_eq!(order, ["SO-1", "SO-3", "SO-2", "SO-4", "SO-5"]);
}

#[test]
fn hostile_names_change_neither_the_page_nor_the_list_nor_the_text() {
    for language in [Language::Zh, Language::En] {
        let letter = letter(&hostile(), language, 20);
        show(&format!("hostile_{}", language.code()), &letter);
        let tame = letter_of_tame_names(language);
        let tags = |html: &str| html.matches('<').count();
        assert_eq!(tags(&letter.html), tags(&tame.html), "a name adds no tag");
        assert_eq!(letter.text.lines().count(), tame.text.lines().count(), "a name adds no line");
        for text in [&letter.subject, &letter.text, &letter.html, &letter.csv] {
            let hidden = |each: char| matches!(each, '\u{200B}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
            assert!(!text.contains(hidden), "no invisible character is let through");
        }
        assert!(!letter.subject.contains(['\r', '\n']));
        let mut reader = csv::Reader::from_reader(letter.csv.trim_start_matches('\u{FEFF}').as_bytes());
        let records: Vec<csv::StringRecord> = reader.records().map(|record| record.unwrap()).collect();
        assert_eq!(records.len(), HOSTILE.len());
        for cell in records.iter().flatten() {
            assert!(!cell.starts_with(['=', '+', '@', '＝', '＋', '－', '＠', '\t', '\r']), "an armed cell: {cell}");
            assert!(!cell.contains(['\r', '\n']), "a cell of two lines: {cell}");
        }
    }
    let shown = letter(&hostile(), Language::En, 20);
    insta::assert_snapshot!("hostile_en_text", format!("{}\n\n{}\n{}", shown.subject, shown.text, shown.csv));
}

/// The hostile run, with letters and digits in place of every name.
fn letter_of_tame_names(language: Language) -> Letter {
    let mut happened = hostile();
    let tame = tieout::language::Bilingual::same("tame");
    happened.business = "tame".to_owned();
    happened.job = "tame".to_owned();
    happened.rules.iter_mut().for_each(|rule| rule.title = tame.clone());
    let shape = |exception: &mut Exception| {
        exception.rule_title = tame.clone();
        exception.assignee = Some("tame".to_owned());
        let number: usize = exception.id["018f-".len()..].parse().unwrap();
        let breaks = vec![amount_break(&format!("{number}.00"), "0.50", &format!("C{number}"))];
        *exception = Exception { id: exception.id.clone(), ..super::made::exception("SO", breaks) };
        exception.assignee = Some("tame".to_owned());
        exception.first_seen = super::made::today();
    };
    happened.live.iter_mut().for_each(shape);
    happened.changes.iter_mut().for_each(|change| shape(&mut change.exception));
    write(&digest(&happened, language).unwrap(), 20, BASE)
}

#[test]
fn every_page_names_its_language_and_loads_nothing() {
    for (language, tag) in [(Language::Zh, "<html lang=\"zh-CN\">"), (Language::En, "<html lang=\"en\">")] {
        let html = letter(&busy(), language, 20).html;
        assert!(html.contains(tag));
        for banned in ["<script", "<img", "<link", "url(", "src=", "@import", "javascript:"] {
            assert!(!html.contains(banned), "{banned} has no place in a mail");
        }
    }
}
