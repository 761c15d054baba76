//! What happened to an exception, in words: the trail's rows as the store writes them.

use serde_json::Value;

use super::page::{Frame, moment, money};
use crate::audit::exception::Step;
use crate::config::Config;
use crate::store::TrailRow;
use crate::words;

/// One row of the trail, for a reader.
pub struct Happening {
    pub at: String,
    pub event: String,
    pub actor: String,
    pub detail: String,
}

pub fn happening(row: &TrailRow, config: &Config, frame: &Frame) -> Happening {
    Happening {
        at: moment(row.at, config),
        event: event(&row.event, frame),
        actor: match row.actor.starts_with("run:") {
            true => frame.t("the check itself", "自动核对").to_owned(),
            false => row.actor.clone(),
        },
        detail: serde_json::from_str(&row.detail).map(|detail| particulars(&detail, frame)).unwrap_or_default(),
    }
}

fn event(name: &str, frame: &Frame) -> String {
    if let Some(step) = Step::ALL.into_iter().find(|step| step.name() == name) {
        return words::step(step, frame.language).to_owned();
    }
    let word = match name {
        "acknowledged" => frame.t("Acknowledged", "已认领"),
        "assigned" => frame.t("Assigned", "已指派"),
        "waived" => frame.t("Waived", "已豁免"),
        "commented" => frame.t("Comment", "备注"),
        "reopened" => frame.t("Reopened", "重新打开"),
        "acknowledgement_lapsed" => frame.t("Acknowledgement lapsed", "认领失效"),
        "waiver_ended" => frame.t("Waiver ended", "豁免结束"),
        other => other,
    };
    word.to_owned()
}

/// What a row adds to its event: money, reasons, names and dates. The rest of it is for machines.
fn particulars(detail: &Value, frame: &Frame) -> String {
    let mut parts = Vec::new();
    if let Some(Value::Object(at_risk)) = detail.get("at_risk") {
        let figures = at_risk.iter().filter_map(|(currency, text)| Some(money(currency, text.as_str()?.parse().ok()?)));
        parts.extend(figures);
    }
    if detail.get("rule_changed") == Some(&Value::Bool(true)) {
        parts.push(frame.t("the rule was changed", "规则有改动").to_owned());
    }
    let why = match detail.get("why").and_then(Value::as_str) {
        Some("breaks_changed") => Some(frame.t("because the breaks changed", "因差异内容已变化")),
        Some("expired") => Some(frame.t("because its time was over", "因已到期")),
        Some("over_cap") => Some(frame.t("because the amount grew past its limit", "因金额超出豁免上限")),
        _ => None,
    };
    parts.extend(why.map(str::to_owned));
    if let Some(edit) = detail.get("edit") {
        let member = |name: &str| edit.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        parts.extend(["text", "reason"].iter().filter_map(|name| member(name)).map(str::to_owned));
        parts.extend(member("to").map(|name| format!("{} {name}", frame.t("to", "指派给"))));
        let until = member("expires").or_else(|| member("until").map(|until| until.get(..10).unwrap_or(until)));
        parts.extend(until.map(|day| format!("{} {day}", frame.t("until", "有效至"))));
    }
    parts.join(" · ")
}
