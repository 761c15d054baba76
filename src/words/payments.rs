//! What is owed and not paid, in both languages.

use super::{figure, money, purse, quantity, visible};
use crate::audit::account::{Account, Exposure};
use crate::audit::ageing::{Aged, Ageing, bounds};
use crate::audit::amount::Amount;
use crate::audit::breaks::Message;
use crate::audit::value::Value;
use crate::language::Language::{self, En, Zh};

/// The messages of overdue payments and credit limits; nothing for any other.
pub(super) fn message(message: &Message, language: Language) -> String {
    let nothing = Account::default();
    match message {
        Message::Overdue { days, from, to, due, amount, applied, outstanding, currency, party, account } => {
            let account = account.as_deref().unwrap_or(&nothing);
            let lead = lead(party, account, language) + &part(account, language);
            let (outstanding, amount, applied) = (money(currency, *outstanding), figure(*amount), figure(*applied));
            let band = band(*from, *to, language);
            let sentence = match language {
                En => format!(
                    "{lead}{days} {} overdue ({band}, due {due}): {outstanding} outstanding of {amount}, {applied} settled",
                    if *days == 1 { "day" } else { "days" },
                ),
                Zh => format!(
                    "{lead}逾期 {days} 天（{band}，到期日 {due}），未结 {outstanding}（总额 {amount}，已核销 {applied}）"
                ),
            };
            sentence + &beside(account, language)
        }
        Message::NoDueDate { outstanding, currency, party, account } => {
            let account = account.as_deref().unwrap_or(&nothing);
            let lead = lead(party, account, language) + &part(account, language);
            let outstanding = money(currency, *outstanding);
            let sentence = match language {
                En if lead.is_empty() => format!("No due date, {outstanding} outstanding"),
                En => format!("{lead}no due date, {outstanding} outstanding"),
                Zh => format!("{lead}没有到期日，无法判断是否逾期，未结 {outstanding}"),
            };
            sentence + &beside(account, language)
        }
        Message::OverCreditLimit { outstanding, limit, currency, exposures, used, account } => {
            let account = account.as_deref().unwrap_or(&nothing);
            let excess = outstanding.checked_sub(*limit).unwrap_or_default();
            let limits = (money(currency, *outstanding), figure(excess), figure(*limit));
            over_limit(limits, *used, exposures, account.payable, language) + &beside(account, language)
        }
        _ => String::new(),
    }
}

/// `exposure`, `excess` and `limit`, as they are shown.
fn over_limit(
    (exposure, excess, limit): (String, String, String),
    used: Option<Amount>,
    exposures: &[Exposure],
    payable: bool,
    language: Language,
) -> String {
    let parts: Vec<String> = exposures.iter().map(|exposure| self::exposure(exposure, language)).collect();
    match language {
        En => {
            let used = used.map(|used| format!(", {} % of it used", quantity(used))).unwrap_or_default();
            let parts = if parts.is_empty() { String::new() } else { format!("; made of {}", parts.join(" and ")) };
            let what = if payable { "owed by us" } else { "outstanding" };
            format!("{exposure} {what}, {excess} over the credit limit of {limit}{used}{parts}")
        }
        Zh => {
            let used = used.map(|used| format!("，已用 {}%", quantity(used))).unwrap_or_default();
            let parts = if parts.is_empty() { String::new() } else { format!("；其中 {}", parts.join("、")) };
            let what = if payable { "应付未结" } else { "未结" };
            format!("{what} {exposure}，超过信用额度 {limit}，超出 {excess}{used}{parts}")
        }
    }
}

/// What uses a limit up in one currency: `USD 10.00 at 7.1`, `CNY 80.00 with undelivered orders of 30.00`.
fn exposure(exposure: &Exposure, language: Language) -> String {
    let Exposure { currency, open, undelivered, rate, .. } = exposure;
    let sum = open.checked_add(*undelivered).unwrap_or_default();
    let mut text = money(currency, sum);
    if !undelivered.is_zero() {
        let undelivered = figure(*undelivered);
        text += &match language {
            En => format!(" with undelivered orders of {undelivered}"),
            Zh => format!("（含未发货订单 {undelivered}）"),
        };
    }
    if let Some(rate) = rate {
        let rate = quantity(*rate);
        text += &match language {
            En => format!(" at {rate}"),
            Zh => format!("（汇率 {rate}）"),
        };
    }
    text
}

/// Whose debt it is, up to the sentence; nothing where the party is not known and owes us.
fn lead(party: &Value, account: &Account, language: Language) -> String {
    let name = if party.is_null() { String::new() } else { visible(&party.to_string()) };
    match (language, account.payable, name.is_empty()) {
        (_, false, true) => String::new(),
        (En, false, false) => format!("{name}: "),
        (En, true, true) => "We owe: ".to_owned(),
        (En, true, false) => format!("We owe {name}: "),
        (Zh, false, false) => format!("{name}："),
        (Zh, true, true) => "应付款：".to_owned(),
        (Zh, true, false) => format!("应付 {name}："),
    }
}

fn part(account: &Account, language: Language) -> String {
    let Some(part) = &account.part else { return String::new() };
    match language {
        En => format!("instalment {} of {}, ", part.place, part.of),
        Zh => format!("第 {} 期（共 {} 期）", part.place, part.of),
    }
}

/// A bucket of days; without an end, all that is older than the one before.
fn band(from: i64, to: Option<i64>, language: Language) -> String {
    match (language, to) {
        (En, Some(to)) => format!("{from}–{to} days"),
        (En, None) => format!("over {} days", from - 1),
        (Zh, Some(to)) => format!("{from}–{to} 天"),
        (Zh, None) => format!("{from} 天以上"),
    }
}

/// What stands beside a debt and is not netted with it.
fn beside(account: &Account, language: Language) -> String {
    let Account { payable, unapplied, credits, overpaid, .. } = account;
    let names = match (language, payable) {
        (En, false) => ["receipts not applied", "credits not used", "overpaid by them"],
        (En, true) => ["payments not applied", "credits not used", "overpaid by us"],
        (Zh, false) => ["未核销收款", "未用贷项", "多收款"],
        (Zh, true) => ["未核销付款", "未用贷项", "多付款"],
    };
    let said: Vec<String> = names
        .into_iter()
        .zip([unapplied, credits, overpaid])
        .filter(|(_, figures)| !figures.is_empty())
        .map(|(name, figures)| format!("{name} {}", purse(figures)))
        .collect();
    match (language, said.is_empty()) {
        (_, true) => String::new(),
        (En, false) => format!("; not netted: {}", said.join(", ")),
        (Zh, false) => format!("；另有（未抵减）：{}", said.join("、")),
    }
}

/// What is owed in one currency, by age: the total, the buckets that hold anything, and who owes most of what is overdue.
pub fn aged(ageing: &Ageing, total: &Aged, language: Language) -> String {
    let named = |name: &str, amount: Amount| (!amount.is_zero()).then(|| format!("{name} {}", figure(amount)));
    let [not_due, no_date] = match language {
        En => ["not due", "no due date"],
        Zh => ["未到期", "无到期日"],
    };
    let buckets = bounds(&ageing.buckets).into_iter().zip(&total.buckets);
    let buckets = buckets.filter_map(|((from, to), amount)| named(&band(from, to, language), *amount));
    let undated = named(no_date, total.no_due_date);
    let parts: Vec<String> = named(not_due, total.not_due).into_iter().chain(buckets).chain(undated).collect();
    let parties = ageing.parties.iter().filter(|party| party.currency == total.currency && !party.overdue.is_zero());
    let parties: Vec<String> = parties
        .map(|party| {
            let name = party.party.as_deref().map_or_else(|| "?".to_owned(), visible);
            format!("{name} {}", figure(party.overdue))
        })
        .collect();
    let sum = money(&total.currency, total.outstanding);
    match language {
        En => {
            let whose = if ageing.payable { "we owe" } else { "owed to us" };
            let most =
                if parties.is_empty() { String::new() } else { format!("; most overdue: {}", parties.join(", ")) };
            format!("{sum} {whose} ({}){most}", parts.join(", "))
        }
        Zh => {
            let whose = if ageing.payable { "应付" } else { "应收" };
            let most =
                if parties.is_empty() { String::new() } else { format!("；逾期最多：{}", parties.join("、")) };
            format!("{whose} {sum}（{}）{most}", parts.join("，"))
        }
    }
}
