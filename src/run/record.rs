//! Recording: judgements become changes, and changes, run, trail and deliveries are saved in one transaction.

mod news;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use rayon::prelude::*;
use uuid::Uuid;

use super::{Judged, Request, day_of};
use crate::audit::amount::Purse;
use crate::audit::breaks::Finding;
use crate::audit::diagnosis;
use crate::audit::exception::{self, Exception, Past, Status, Step, Transition};
use crate::audit::judgement::{Context, Judgement, Outcome, Reason};
use crate::audit::reach;
use crate::audit::rulebook::{CheckTitles, Rule, Titles};
use crate::config::{Config, Department};
use crate::notify::email;
use crate::notify::letter::{self, Letter};
use crate::notify::plan::{self, Changed, Digest, Happened, RuleNews};
use crate::report::{AgeingReport, FORMAT, Listed, RuleReport, RuleStatus, RunReport, RunStatus};
use crate::schedule::Clock;
use crate::store::{NewDelivery, Recording, RuleRunRow, RuleState, RunRow, Store, StoreError, StoredLetter, TablePull};

/// What one recording rests on.
pub(super) struct Session<'a> {
    pub config: &'a Arc<Config>,
    pub request: &'a Request,
    pub job: &'a str,
    pub context: &'a Context,
    pub started: DateTime<Utc>,
    pub clock: &'a dyn Clock,
}

/// What recording gathers for the report and for telling.
#[derive(Default)]
struct Gathered {
    reports: Vec<RuleReport>,
    news: Vec<RuleNews>,
    changes: Vec<Changed>,
}

/// Records the judgements and answers the report. A dry run reads the same and leaves nothing behind.
pub(super) async fn record(
    session: &Session<'_>,
    store: Option<&Store>,
    judged: Vec<Judged>,
    pulls: &[TablePull],
) -> Result<RunReport, StoreError> {
    let statuses = judged.iter().map(|judged| status(&judged.judgement));
    let run = RunRow {
        id: Uuid::now_v7().to_string(),
        job: session.job.to_owned(),
        as_of: session.context.as_of,
        day: session.context.day,
        started: session.started,
        finished: session.clock.now(),
        status: whole(RunStatus::of(statuses), judged.iter().any(|judged| !judged.unknown.is_empty()))
            .name()
            .to_owned(),
        parameters: serde_json::to_string(&session.context.parameters).expect("every key of the parameters is text"),
    };
    let mut gathered = Gathered::default();
    match store {
        None => {
            for judged in judged {
                note(session, judged, Known::default(), &mut gathered);
            }
        }
        Some(store) => {
            let dry_run = session.request.dry_run;
            let mut recording = if dry_run { store.rehearse().await? } else { store.record().await? };
            recording.insert_run(&run).await?;
            recording.insert_pulls(&run, pulls).await?;
            for judged in judged {
                record_rule(session, &run, judged, &mut recording, &mut gathered).await?;
            }
            retire(session, &run, &mut recording, &mut gathered).await?;
            if !dry_run {
                tell(session, &run, &mut recording, &mut gathered).await?;
                recording.commit().await?;
            }
        }
    }
    Ok(RunReport {
        format: FORMAT,
        run: (!session.request.dry_run).then_some(run.id),
        job: run.job,
        as_of: run.as_of,
        day: run.day,
        dry_run: session.request.dry_run,
        status: whole(
            RunStatus::of(gathered.reports.iter().map(|rule| rule.status)),
            gathered.reports.iter().any(|rule| !rule.unknown.is_empty()),
        ),
        parameters: session.context.parameters.clone(),
        rules: gathered.reports,
        seconds: 0.0,
    })
}

/// A run that had to leave companies out has not evaluated everything.
fn whole(status: RunStatus, left_out: bool) -> RunStatus {
    if left_out { RunStatus::NotEvaluated } else { status }
}

fn status(judgement: &Judgement) -> RuleStatus {
    match judgement.outcome {
        Outcome::NotEvaluated(_) => RuleStatus::NotEvaluated,
        Outcome::Flooded { .. } => RuleStatus::Flooded,
        Outcome::Judged if judgement.findings.is_empty() => RuleStatus::TiesOut,
        Outcome::Judged => RuleStatus::Exceptions,
    }
}

/// What the store knew of a rule, and what the run makes of it.
#[derive(Default)]
struct Known {
    state: Option<RuleState>,
    /// Status and business day of its last run, recorded or not.
    last: Option<(String, NaiveDate)>,
    /// Why it was not evaluated in that run, where it was not.
    last_reason: Option<Reason>,
    /// A later as-of is on record.
    older: bool,
    recorded: bool,
    known: Vec<Exception>,
    steps: Vec<Transition>,
    /// The exceptions after the steps, in step order.
    after: Vec<Exception>,
}

async fn record_rule(
    session: &Session<'_>,
    run: &RunRow,
    mut judged: Judged,
    recording: &mut Recording,
    gathered: &mut Gathered,
) -> Result<(), StoreError> {
    let (rule, judgement) = (&judged.rule, &mut judged.judgement);
    let state = recording.rule_state(&rule.id).await?;
    let older = state.as_ref().is_some_and(|state| state.last_as_of > run.as_of);
    let last = recording.last_rule_run(&rule.id).await?;
    let last_reason = recording.last_reason(&rule.id).await?;
    let evaluated = !matches!(judgement.outcome, Outcome::NotEvaluated(_));
    let recorded = evaluated && !older;
    // What a flooded rule read is not believed, and nothing later is to be compared with it.
    if let (true, Outcome::Judged, Some(meaning)) = (recorded, &judgement.outcome, &rule.figures) {
        recording.keep_figures((&rule.id, meaning), run.day, &judgement.figures).await?;
    }
    let mut known = recording.known(&rule.id, &judgement.findings).await?;
    let rule_changed = changed(state.as_ref(), rule);
    let mut steps = Vec::new();
    if recorded {
        if !rule_changed && session.context.diagnosed > 0 {
            diagnosis::recall(rule, run.day, &mut known, judgement);
        }
        let past =
            Past { known: &known, rule_changed, worsened: &rule.worsened, as_of: run.as_of, day: session.context.day };
        steps = exception::transitions(judgement, past);
    }
    let mut ids = || Uuid::now_v7().to_string();
    let after = recording.apply(run, Some(rule), &steps, &mut ids).await?;
    let (hash, seconds) = (rule.hash.clone(), judged.seconds);
    let known = Known { state, last, last_reason: last_reason.clone(), older, recorded, known, steps, after };
    note(session, judged, known, gathered);
    let report = gathered.reports.last().expect("the rule's report was just noted");
    let mut kept = report.clone();
    kept.exceptions.clear();
    let row = RuleRunRow {
        rule: report.rule.clone(),
        status: report.status.name().to_owned(),
        report: serde_json::to_string(&kept).expect("every key of a report is text"),
        seconds,
        rows: report.rows(),
        recorded,
    };
    recording.insert_rule_run(run, &hash, &row).await?;
    let partly = || Reason::Partly { companies: report.unknown.clone() };
    let reason = report.reason.clone().or_else(|| (!report.unknown.is_empty()).then(partly));
    if reason != last_reason {
        recording.remember_reason(run, &row.rule, reason.as_ref()).await?;
    }
    Ok(())
}

/// Whether the rule's meaning differs from that of its last recorded run.
fn changed(state: Option<&RuleState>, rule: &Rule) -> bool {
    state.is_some_and(|state| state.hash != rule.hash)
}

/// Adds one rule to the report and to what may be told.
fn note(session: &Session<'_>, judged: Judged, known: Known, gathered: &mut Gathered) {
    let Judged { rule, mut judgement, read_at, read_again_at, unknown, seconds } = judged;
    let reason = match &judgement.outcome {
        Outcome::NotEvaluated(reason) => Some(reason.clone()),
        _ => None,
    };
    let baseline = known.recorded && known.state.is_none();
    let continuity = known.recorded.then(|| exception::continuity(&known.known, &known.steps));
    let mut at_risk = Purse::default();
    for (currency, amount) in judgement.findings.iter().flat_map(|finding| finding.at_risk().0) {
        // A sum of 38 digits that overflows keeps its former figure; every exception still shows its own.
        let _ = at_risk.add(&currency, amount);
    }
    let told = news::Told { not_evaluated: reason.clone(), unknown: unknown.clone() };
    gathered.news.push(news::news(session, &rule, &known, baseline, continuity.clone(), &judgement, told));
    gathered.changes.extend(changes(&known, baseline));
    let mut steps: BTreeMap<&'static str, u64> = BTreeMap::new();
    for step in &known.steps {
        *steps.entry(step.step.name()).or_default() += 1;
    }
    let status = status(&judgement);
    let exceptions = listed(session, std::mem::take(&mut judgement.findings), &known);
    gathered.reports.push(RuleReport {
        rule: rule.id.clone(),
        kind: rule.kind(),
        title: rule.title.clone(),
        check_titles: CheckTitles::of(&rule),
        owner: rule.owner.clone(),
        hash: rule.hash.clone(),
        status,
        reason,
        unknown,
        recorded: known.recorded,
        baseline,
        rule_changed: changed(known.state.as_ref(), &rule),
        scope_start: reach::scope_start(&rule, session.context),
        exceptions,
        read_at,
        read_again_at,
        sides: judgement.sides,
        counts: judgement.counts,
        in_transit: judgement.in_transit,
        unjudged: judgement.unjudged,
        warned: judgement.warned,
        patterns: judgement.patterns,
        undiagnosed: judgement.undiagnosed,
        at_risk,
        no_history: judgement.no_history,
        ageing: judgement.ageing.map(AgeingReport::of),
        continuity,
        seconds,
        steps,
    });
}

/// The findings as the report lists them; their evidence is let go.
fn listed(session: &Session<'_>, findings: Vec<Finding>, known: &Known) -> Vec<Listed> {
    let stood: HashMap<_, _> = known.known.iter().map(|known| (&known.subject, known)).collect();
    let steps = known.steps.iter().zip(&known.after);
    let moved: HashMap<_, _> = steps.map(|(step, after)| (&after.subject, (step.step, after))).collect();
    let (dry_run, today) = (session.request.dry_run, session.context.day);
    let listed = findings.into_par_iter().map(|finding| {
        let (step, exception) = match moved.get(&finding.subject) {
            Some((step, after)) => (Some(*step), Some(*after)),
            None => (None, stood.get(&finding.subject).copied()),
        };
        let opened_by_rehearsal = dry_run && step == Some(Step::Opened);
        Listed {
            id: exception.map(|known| known.id.clone()).filter(|_| !opened_by_rehearsal),
            department: finding.department().to_owned(),
            severity: finding.severity,
            step,
            status: exception.map_or(Status::Open, |known| known.status),
            first_seen: exception.map_or(today, |known| known.first_seen),
            at_risk: finding.at_risk(),
            subject: finding.subject,
            breaks: finding.breaks,
        }
    });
    listed.collect()
}

fn changes(known: &Known, baseline: bool) -> impl Iterator<Item = Changed> {
    let steps = known.steps.iter().zip(&known.after);
    steps.filter(|(step, _)| step.step != Step::Unchanged || step.lapse.is_some()).map(move |(step, after)| Changed {
        step: if step.step == Step::Unchanged { Step::Changed } else { step.step },
        exception: after.clone(),
        rule_changed: step.rule_changed,
        baseline,
    })
}

/// Closes the exceptions of rules whose file is gone.
async fn retire(
    session: &Session<'_>,
    run: &RunRow,
    recording: &mut Recording,
    gathered: &mut Gathered,
) -> Result<(), StoreError> {
    let present: BTreeSet<String> = session.config.rules.iter().map(|rule| rule.id.clone()).collect();
    for rule in recording.rules_without_file(&present).await? {
        let state = recording.rule_state(&rule).await?;
        if state.is_some_and(|state| state.last_as_of > run.as_of) {
            continue;
        }
        let known = recording.known(&rule, &[]).await?;
        let steps = exception::retire(&known);
        let mut ids = || Uuid::now_v7().to_string();
        let after = recording.apply(run, None, &steps, &mut ids).await?;
        let known = Known { known, steps, after, recorded: true, ..Known::default() };
        gathered.changes.extend(changes(&known, false));
    }
    Ok(())
}

/// Plans the digests, writes the letters and leaves their deliveries beside what they tell of.
async fn tell(
    session: &Session<'_>,
    run: &RunRow,
    recording: &mut Recording,
    gathered: &mut Gathered,
) -> Result<(), StoreError> {
    let Some(mail) = &session.config.mail else { return Ok(()) };
    let config = session.config;
    let zone = config.business.zone;
    let now = session.clock.now();
    let mut written_today = BTreeSet::new();
    for name in config.departments.keys() {
        let last = recording.last_letter_day(name, zone).await?;
        // Neither judging a past day again nor a clock that was set back is an occasion to remind anybody.
        if last >= Some(day_of(now, zone)) || session.context.day != day_of(now, zone) {
            written_today.insert(name.clone());
        }
    }
    let happened = Happened {
        business: config.business.name.clone(),
        job: run.job.clone(),
        as_of: run.as_of,
        day: run.day,
        zone,
        rules: std::mem::take(&mut gathered.news),
        changes: std::mem::take(&mut gathered.changes),
        live: recording.live().await?,
        titles: Titles::of(&config.rules),
        written_today,
    };
    for digest in plan::digests(&happened, &config.departments) {
        let letter = letter::write(&digest, config.limits.mail_rows, &config.serve.base_url);
        let (letter, deliveries) = deliveries(&digest, letter, &mail.from, run, now, zone);
        recording.insert_letter(&letter, &deliveries).await?;
    }
    Ok(())
}

fn deliveries(
    digest: &Digest,
    letter: Letter,
    from: &str,
    run: &RunRow,
    now: DateTime<Utc>,
    zone: chrono_tz::Tz,
) -> (StoredLetter, Vec<NewDelivery>) {
    let stored = StoredLetter {
        id: Uuid::now_v7().to_string(),
        run: run.id.clone(),
        department: digest.department.name.clone(),
        subject: letter.subject,
        text: letter.text,
        html: letter.html,
        csv_name: letter.csv_name,
        csv: letter.csv,
        list_id: email::list_id(&digest.department.name, from),
        written: now,
    };
    let due = due(&digest.department, now, zone);
    let recipients = digest.department.recipients.iter().collect::<BTreeSet<_>>();
    let deliveries = recipients.into_iter().map(|recipient| {
        let id = Uuid::now_v7().to_string();
        let message_id = email::message_id(&id, from);
        NewDelivery { id, letter: stored.id.clone(), recipient: recipient.clone(), message_id, due }
    });
    let deliveries = deliveries.collect();
    (stored, deliveries)
}

/// The department's next digest time, or now where it has none.
fn due(department: &Department, now: DateTime<Utc>, zone: chrono_tz::Tz) -> DateTime<Utc> {
    let Some(time) = department.digest else { return now };
    let today = day_of(now, zone);
    let days = [Some(today), today.succ_opt()];
    let times = days.into_iter().flatten().filter_map(|day| day.and_time(time).and_local_timezone(zone).earliest());
    times.map(|time| time.with_timezone(&Utc)).find(|time| *time >= now).unwrap_or(now)
}
