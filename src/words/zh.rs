//! The Chinese words.

use super::names::{column_in_zh, expression_zh, side_in_zh, side_zh};
use super::{figure, guards, limits, moments, money, one_line, payments, quantity, stalled, stock, validity, visible};
use crate::audit::amount::Amount;
use crate::audit::breaks::{Bound, Class, Excess, Message, Operand, Relation, Severity};
use crate::audit::exception::{Status, Step};
use crate::audit::judgement::Reason;
use crate::audit::value::Value;
use crate::language::Language;

pub(super) fn class(class: Class) -> &'static str {
    match class {
        Class::Unreadable => "数据无法识别",
        Class::Keyless => "缺少主键",
        Class::Duplicate => "重复",
        Class::Missing => "缺失",
        Class::Currency => "币种不一致",
        Class::Quantity => "数量不一致",
        Class::Amount => "金额不一致",
        Class::Text => "内容不一致",
        Class::Date => "日期不一致",
        Class::Invalid => "内容不合规",
        Class::UnknownReference => "引用不存在",
        Class::Stalled => "停滞",
        Class::Limit => "超出限额",
        Class::NegativeStock => "负库存",
        Class::LowStock => "低库存",
        Class::NoReorderPoint => "未设再订货点",
        Class::Overdue => "逾期",
        Class::NoDueDate => "没有到期日",
        Class::OverCreditLimit => "超信用额度",
        Class::Flood => "差异过多",
    }
}

pub(super) fn status(status: Status) -> &'static str {
    match status {
        Status::Open => "待处理",
        Status::Acknowledged => "已认领",
        Status::Waived => "已豁免",
        Status::Resolved => "已解决",
        Status::Gone => "已消失",
        Status::Retired => "规则已停用",
    }
}

pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "低",
        Severity::Medium => "中",
        Severity::High => "高",
        Severity::Critical => "紧急",
    }
}

pub(super) fn step(step: Step) -> &'static str {
    match step {
        Step::Opened => "新增",
        Step::Regressed => "重现",
        Step::Worsened => "加重",
        Step::Changed => "变化",
        Step::Unchanged => "无变化",
        Step::Resolved => "解决",
        Step::Gone => "消失",
        Step::Retired => "停用",
    }
}

pub(super) fn reason(reason: &Reason) -> String {
    match reason {
        Reason::Unreadable { source, table, sentence } => {
            format!("数据源 {} 的表 {} 没有读全：{}", visible(source), visible(table), one_line(sentence))
        }
        Reason::Guard { source, table, rows, min_rows } => format!(
            "数据源 {} 的表 {} 只读到 {} 行，少于下限 {} 行，数据不可信",
            visible(source),
            visible(table),
            count(*rows),
            count(*min_rows)
        ),
        Reason::Dropped { source, table, drop } => guards::dropped(source, table, drop, Language::Zh),
        Reason::Stale { source, table, column, newest, within } => {
            guards::stale((source, table), column, newest.as_deref(), *within, Language::Zh)
        }
        Reason::Partly { companies } => {
            let each = companies
                .iter()
                .map(|(company, reason)| format!("公司 {}：{}", visible(company), self::reason(reason)));
            each.collect::<Vec<_>>().join("；")
        }
        Reason::PastNotKept { table } => {
            format!("表 {} 只保存当前状态，无法核对过去的日期", visible(table))
        }
        Reason::NoTimeToRecheck { after, minutes } => moments::no_time_to_recheck(*after, *minutes, Language::Zh),
        Reason::Skew { early, early_at, late, late_at, limit } => {
            moments::skew((early, *early_at), (late, *late_at), *limit, Language::Zh)
        }
        Reason::ClockOff { source, table, here, there, limit } => {
            moments::clock_off(source, table, (*here, *there), *limit, Language::Zh)
        }
        Reason::InternalFault { sentence } => format!("程序内部出错：{}", one_line(sentence)),
        Reason::TimeLimit { minutes } => format!("超过 {minutes} 分钟仍未核对完"),
    }
}

pub(super) fn message(message: &Message) -> String {
    match message {
        Message::UnreadableCell { side, column, text, expected, cells } => {
            let (side, column) = (side_in_zh(side), column_in_zh(column));
            let expected = type_name(expected);
            match cells {
                0 | 1 => format!("{side}的{column}写的是“{}”，不是有效的{expected}", visible(text)),
                cells => {
                    format!("{side}的{column}有 {} 处不是有效的{expected}，例如“{}”", count(*cells), visible(text))
                }
            }
        }
        Message::OutOfRange { side, expression } => {
            let side = side.as_deref().map(|side| format!("{}的", side_in_zh(side))).unwrap_or_default();
            let fault = if expression.contains('/') { "除数为零或数值过大" } else { "数值过大" };
            format!("{side} {} {fault}，无法精确计算", expression_zh(expression)).trim_start().to_owned()
        }
        Message::Keyless { side, columns, rows } => {
            format!("{}有 {} 行缺少{}，无法配对", side_in_zh(side), count(*rows), columns_zh(columns))
        }
        Message::Duplicate { side, unique, rows } if unique.is_empty() => {
            format!("{}有 {} 行，应只有 1 行", side_in_zh(side), count(*rows))
        }
        Message::Duplicate { side, unique, rows } => {
            format!("{}有 {} 行，{}相同，应只有 1 行", side_in_zh(side), count(*rows), columns_zh(unique))
        }
        Message::Missing { side, present } if present.is_empty() => format!("{}没有记录", side_in_zh(side)),
        Message::Missing { side, present } => {
            let present: Vec<String> = present.iter().map(|side| side_in_zh(side)).collect();
            format!("{}没有记录，{}有", side_in_zh(side), present.join("、"))
        }
        Message::CurrencyDiffers { left, right } => {
            format!("币种不一致：{}，{}", stated(left), stated(right))
        }
        Message::MixedCurrencies { side, currencies } => {
            let currencies: Vec<String> = currencies.iter().map(|currency| visible(currency)).collect();
            format!("{}把多种币种（{}）加在一起，无法核对", side_in_zh(side), currencies.join("、"))
        }
        Message::AmountDiffers { relation, left, right, difference, allowed, currency, bound, rows } => {
            let words = Figures { show: figure, unit: Some(currency), allowed: *allowed, bound: *bound, rows: *rows };
            words.compare(*relation, left, right, *difference)
        }
        Message::QuantityDiffers { relation, left, right, difference, allowed, bound, rows } => {
            let words = Figures { show: quantity, unit: None, allowed: *allowed, bound: *bound, rows: *rows };
            words.compare(*relation, left, right, *difference)
        }
        Message::TextDiffers { left, right } => format!("{} ≠ {}", quoted(left), quoted(right)),
        Message::DateDiffers { relation, left, right, days, allowed } => {
            let tolerance = allowed.map(|allowed| format!("（允许 {allowed} 天）")).unwrap_or_default();
            dates(*relation, left, right, *days) + &tolerance
        }
        Message::AmbiguousLookup { .. } | Message::LookupMissing { .. } | Message::NoUnitFactor { .. } => {
            added(message)
        }
        Message::NegativeStock { .. } | Message::LowStock { .. } | Message::NoReorderPoint { .. } => {
            stock::message(message, Language::Zh)
        }
        Message::NotSatisfied { .. } => validity::message(message, Language::Zh),
        Message::Stalled { .. } => stalled::message(message, Language::Zh),
        Message::BeyondLimit { .. } | Message::Swung { .. } => limits::message(message, Language::Zh),
        Message::Flood { found, limit, excess } => flood(*found, *limit, excess.as_ref()),
        Message::Overdue { .. } | Message::NoDueDate { .. } | Message::OverCreditLimit { .. } => {
            payments::message(message, Language::Zh)
        }
    }
}

/// The messages about columns that a side adds to its table.
fn added(message: &Message) -> String {
    let more = |rows: u64| if rows > 1 { format!("，共 {} 行", count(rows)) } else { String::new() };
    match message {
        Message::AmbiguousLookup { side, table, key, found } => {
            let (side, table, key) = (side_in_zh(side), visible(table), values(key));
            format!("表 {table} 中 {key} 有 {} 行，应只有 1 行，{side}无法据此取值", count(*found))
        }
        Message::LookupMissing { side, table, key, rows } => {
            let (side, table) = (side_in_zh(side), side_zh(table));
            if key.iter().any(Value::is_null) {
                return format!("{side}没有填写可在“{table}”表中查找的值{}", more(*rows));
            }
            format!("{side}的 {} 在“{table}”表中查不到{}", values(key), more(*rows))
        }
        Message::NoUnitFactor { side, column, item, unit, rows } => {
            let (side, column) = (side_in_zh(side), column_in_zh(column));
            let unit = value(unit);
            if item.is_null() {
                return format!("{side}的{column}以“{unit}”计，但没有货号，无法换算成基本单位{}", more(*rows));
            }
            format!("{side}的{column}：{} 的单位“{unit}”没有唯一有效的换算率{}", value(item), more(*rows))
        }
        _ => String::new(),
    }
}

fn values(key: &[Value]) -> String {
    key.iter().map(value).collect::<Vec<_>>().join("、")
}

/// What says that one exception stands for all.
fn flood(found: u64, limit: u64, excess: Option<&Excess>) -> String {
    let excess = self::excess(excess.unwrap_or(&Excess::Count { found, limit }));
    format!("{excess}，多半是数据或规则出了问题；合并为这一条，其余异常保持原状")
}

pub(super) fn excess(excess: &Excess) -> String {
    match excess {
        Excess::Count { found, limit } => {
            format!("发现 {} 条差异，超过上限 {} 条", count(*found), count(*limit))
        }
        Excess::Percent { found, of, limit } => {
            format!("核对的 {} 个对象中有 {} 个有差异，超过上限 {}%", count(*of), count(*found), quantity(*limit))
        }
        Excess::Amount { currency, at_risk, limit } => {
            let at_risk = at_risk.map_or_else(
                || format!("{} 数值过大，无法合计", visible(currency)),
                |at_risk| money(currency, at_risk),
            );
            format!("风险金额 {at_risk}，超过上限 {}", figure(*limit))
        }
    }
}

/// How two figures of one kind are told, and what was tolerated.
struct Figures<'a> {
    show: fn(Amount) -> String,
    unit: Option<&'a str>,
    allowed: Amount,
    bound: Option<Bound>,
    rows: Option<u64>,
}

impl Figures<'_> {
    fn compare(&self, relation: Relation, left: &Operand, right: &Operand, gap: Amount) -> String {
        let (left, right) = (self.operand(left), self.operand(right));
        let size = (self.show)(gap.checked_abs().unwrap_or(gap));
        let tolerance = self.tolerance();
        match relation {
            Relation::Equal => format!("{left} ≠ {right}，差 {}{tolerance}", (self.show)(gap)),
            Relation::AtMost => format!("{left} 超过{}{right}，多 {size}{tolerance}", gap_before(&right)),
            Relation::AtLeast => format!("{left} 不足{}{right}，少 {size}{tolerance}", gap_before(&right)),
        }
    }

    fn tolerance(&self) -> String {
        if self.allowed.is_zero() {
            return String::new();
        }
        let word = match self.bound {
            Some(Bound::Under) => "允许少",
            Some(Bound::Over) => "允许多",
            None => "允差",
        };
        let rows = self.rows.map(|rows| format!("{} 行", count(rows))).unwrap_or_default();
        format!("（{rows}{word} {}）", (self.show)(self.allowed))
    }

    fn operand(&self, operand: &Operand) -> String {
        let value = match (&operand.value, self.unit) {
            (Value::Amount(amount), Some(unit)) => money(unit, *amount),
            (Value::Amount(amount), None) => (self.show)(*amount),
            (other, _) => value(other),
        };
        // A figure that the rule itself writes down is not said to be what it is.
        if operand.expression.parse::<Amount>().is_ok() {
            return value;
        }
        named(&operand.expression, &value)
    }
}

fn dates(relation: Relation, left: &Operand, right: &Operand, days: Option<i64>) -> String {
    let (left, right) = (stated(left), stated(right));
    let Some(days) = days else { return format!("日期不一致：{left}，{right}") };
    let size = days.unsigned_abs();
    match relation {
        Relation::Equal if days < 0 => format!("{left}，{right}，早 {size} 天"),
        Relation::Equal => format!("{left}，{right}，晚 {size} 天"),
        Relation::AtMost => format!("{left}，晚于{right}，多 {size} 天"),
        Relation::AtLeast => format!("{left}，早于{right}，差 {size} 天"),
    }
}

/// An operand with a plain value: “订单币种 CNY”.
fn stated(operand: &Operand) -> String {
    named(&operand.expression, &value(&operand.value))
}

fn quoted(operand: &Operand) -> String {
    match &operand.value {
        Value::Text(text) => format!("{}“{}”", expression_zh(&operand.expression), visible(text)),
        _ => stated(operand),
    }
}

fn named(expression: &str, value: &str) -> String {
    format!("{}{}{value}", expression_zh(expression), gap_before(value))
}

/// The space that stands between Chinese and a word or figure in Latin letters.
fn gap_before(text: &str) -> &'static str {
    if text.starts_with(|first: char| first.is_ascii()) { " " } else { "" }
}

fn value(value: &Value) -> String {
    match value {
        Value::Null => "（空）".to_owned(),
        Value::Bool(true) => "“是”".to_owned(),
        Value::Bool(false) => "“否”".to_owned(),
        other => visible(&other.to_string()),
    }
}

fn columns_zh(columns: &[String]) -> String {
    columns.iter().map(|column| column_in_zh(column)).collect::<Vec<_>>().join("、")
}

fn type_name(name: &str) -> String {
    let known = match name {
        "text" => "文本",
        "money" => "金额",
        "quantity" => "数量",
        "number" => "数字",
        "date" => "日期",
        "instant" => "时间",
        "boolean" => "是/否",
        other => return visible(other),
    };
    known.to_owned()
}

fn count(number: u64) -> String {
    i64::try_from(number).map_or_else(|_| number.to_string(), |number| quantity(Amount::from(number)))
}
