//! Likely causes, the odd one out, and what breaks have in common, in both languages.

use super::names::{column_in_zh, expression_zh, side_in_zh};
use super::{figure, quantity, subject, visible};
use crate::audit::amount::Amount;
use crate::audit::breaks::{Break, Class, Message};
use crate::audit::diagnosis::{Because, Cause, Moved, Odd, Pattern, Spelling, Trait};
use crate::audit::value::Value;
use crate::language::{Bilingual, Language};

/// What is known of why a break is one, a sentence each: the likely cause, whose figure is the odd one, and which figure
/// moved since it was seen before. Empty where nothing is known.
pub fn why(found: &Break, language: Language) -> Vec<String> {
    let cause = found.cause().map(|cause| match language {
        Language::En => format!("Likely cause: {}", cause_en(cause, shown(found))),
        Language::Zh => format!("可能原因：{}", cause_zh(cause, shown(found))),
    });
    let odd = found.odd().map(|odd| self::odd(odd, language));
    let moved = found.moved().map(|moved| self::moved(moved, language, shown(found)));
    cause.into_iter().chain(odd).chain(moved).collect()
}

/// The likely cause alone, without an introduction; empty where none is known.
pub fn cause(found: &Break, language: Language) -> String {
    let cause = found.cause().map(|cause| match language {
        Language::En => cause_en(cause, shown(found)),
        Language::Zh => cause_zh(cause, shown(found)),
    });
    cause.unwrap_or_default()
}

/// How the figures of a break are written: money with its cents, quantities without trailing zeros.
fn shown(found: &Break) -> fn(Amount) -> String {
    match found.message {
        Message::QuantityDiffers { .. } => quantity,
        _ => figure,
    }
}

fn cause_en(cause: &Cause, show: fn(Amount) -> String) -> String {
    match cause {
        Cause::Rounded { figure, step } => {
            format!("{} was rounded to {}", visible(figure), step_en(*step))
        }
        Cause::RoundedEach { rows } => format!("each of {rows} rows was rounded before they were added up"),
        Cause::TaxIncluded { figure: with, rate, tax } => {
            format!(
                "{} is with {} % tax, the other figure without: {} of tax",
                visible(with),
                quantity(*rate),
                show(*tax)
            )
        }
        Cause::UnitRatio { figure, factor, unit } => {
            let unit = unit.as_ref().map(|unit| format!(", as one {} is", text(unit))).unwrap_or_default();
            format!(
                "{} is exactly {} times the other{unit}: counted in another unit",
                visible(figure),
                quantity(*factor)
            )
        }
        Cause::Converted { figure, from, to, rate } => {
            let (from, to, rate) = (visible(from), visible(to), quantity(*rate));
            format!("{} is the other figure converted: 1 {from} was {rate} {to} that day", visible(figure))
        }
        Cause::DecimalPoint { figure, places } => {
            format!(
                "the decimal point of {} is {} too far right, or the other's too far left",
                visible(figure),
                places_en(*places)
            )
        }
        Cause::SwappedDigits { left, right } => format!("two digits changed places: {left} and {right}"),
        Cause::DroppedDigit { figure, digit } => format!("{} lacks a digit, {digit}", visible(figure)),
        Cause::SignTurned => "the same figure with its sign turned".to_owned(),
        Cause::RedLetter { side, rows, amount } => {
            let (verb, notes) = if *rows == 1 { ("takes", "a red-letter row") } else { ("take", "red-letter rows") };
            let count = if *rows == 1 { String::new() } else { format!("{rows} ") };
            format!("{count}{notes} of {} {verb} {} back", visible(side), show(size(*amount)))
        }
        Cause::PostedTwice { side, rows, amount } => {
            let again = if *rows == 1 { "it twice".to_owned() } else { format!("it {} times", rows + 1) };
            let more = amount.map(|amount| format!(", {} too much", show(amount))).unwrap_or_default();
            format!("{} has {again}{more}", visible(side))
        }
        Cause::CurrencyCode { amount } => {
            format!("both figures are {}: one of the currency codes is wrong, or it was not converted", show(*amount))
        }
        Cause::Partial { side, parts, of } => {
            format!("the smaller figure is {parts} of the {of} rows of {}", visible(side))
        }
        Cause::CutOff { other, days } => {
            let when = if *days < 0 { "earlier" } else { "later" };
            let other = subject(other, Language::En);
            format!("cut-off: {other}, {} {when}, differs by the same the other way", days_en(*days))
        }
        Cause::CancellingPair { other } => {
            format!("{} differs by the same the other way: together they cancel out", subject(other, Language::En))
        }
        Cause::KeySpelling { side, key, by } => {
            let by: Vec<&str> = by.iter().map(|spelling| spelling_en(*spelling)).collect();
            format!("{} has it as {}, which differs in {} only", visible(side), quoted(key), by.join(" and "))
        }
        Cause::LostLink { side, key, document, agree, figure: exact, days } => {
            let named = |pairs: &[(String, Value)]| -> Vec<String> {
                pairs.iter().map(|(column, value)| format!("{} {}", visible(column), text(value))).collect()
            };
            let document = named(document);
            let document = if document.is_empty() { "an unmatched row".to_owned() } else { document.join(" ") };
            let agree: Vec<String> = named(agree).into_iter().map(|agree| format!(", same {agree}")).collect();
            let days = days.map(|days| match days {
                0 => ", of the same day".to_owned(),
                days => format!(", {} {}", days_en(days), if days < 0 { "earlier" } else { "later" }),
            });
            let key =
                key.as_ref().map_or_else(|| "carries no key".to_owned(), |key| format!("stands under {}", quoted(key)));
            let (side, days) = (visible(side), days.unwrap_or_default());
            format!(
                "lost link: in {side}, {document} is for exactly {}{}{days}, and {key}",
                exactly(*exact),
                agree.concat()
            )
        }
    }
}

fn cause_zh(cause: &Cause, show: fn(Amount) -> String) -> String {
    match cause {
        Cause::Rounded { figure, step } => format!("{}{}", expression_zh(figure), step_zh(*step)),
        Cause::RoundedEach { rows } => format!("{rows} 行先逐行舍入再相加（尾差）"),
        Cause::TaxIncluded { figure: with, rate, tax } => {
            format!("{}含 {}% 的税，另一方不含税，税额 {}", expression_zh(with), quantity(*rate), show(*tax))
        }
        Cause::UnitRatio { figure, factor, unit } => {
            let unit = unit.as_ref().map(|unit| format!("（1 {} 即此数）", text(unit))).unwrap_or_default();
            format!("{}恰为另一方的 {} 倍{unit}，计量单位不同", expression_zh(figure), quantity(*factor))
        }
        Cause::Converted { figure, from, to, rate } => {
            let (from, to, rate) = (visible(from), visible(to), quantity(*rate));
            format!("{}是另一方按当日汇率折算的金额：1 {from} = {rate} {to}", expression_zh(figure))
        }
        Cause::DecimalPoint { figure, places } => {
            format!("小数点错位：{}多移了 {places} 位，或另一方少移了", expression_zh(figure))
        }
        Cause::SwappedDigits { left, right } => format!("相邻两位数字颠倒：{left} 与 {right}"),
        Cause::DroppedDigit { figure, digit } => format!("{}漏了一位数字 {digit}", expression_zh(figure)),
        Cause::SignTurned => "金额相同，正负号相反".to_owned(),
        Cause::RedLetter { side, rows, amount } => {
            format!("{}有 {rows} 行红字冲回 {}", side_in_zh(side), show(size(*amount)))
        }
        Cause::PostedTwice { side, rows, amount } => {
            let more = amount.map(|amount| format!("，多出 {}", show(amount))).unwrap_or_default();
            format!("{}重复入账，共 {} 次{more}", side_in_zh(side), rows + 1)
        }
        Cause::CurrencyCode { amount } => format!("双方金额同为 {}，币种写错或未折算", show(*amount)),
        Cause::Partial { side, parts, of } => {
            format!("较小的一方只含{} {of} 行中的 {parts} 行", side_in_zh(side))
        }
        Cause::CutOff { other, days } => {
            let when = if *days < 0 { "之前" } else { "之后" };
            let other = subject(other, Language::Zh);
            format!("跨期：{other}（{} 天{when}）有等额反向差异", days.abs())
        }
        Cause::CancellingPair { other } => {
            format!("{} 有等额反向差异，两笔相抵为零", subject(other, Language::Zh))
        }
        Cause::KeySpelling { side, key, by } => {
            let by: Vec<&str> = by.iter().map(|spelling| spelling_zh(*spelling)).collect();
            format!("{}写作 {}，仅{}不同", side_in_zh(side), quoted(key), by.join("、"))
        }
        Cause::LostLink { side, key, document, agree, figure: exact, days } => {
            let named = |pairs: &[(String, Value)]| -> Vec<String> {
                pairs.iter().map(|(column, value)| format!("{} {}", column_in_zh(column), text(value))).collect()
            };
            let document = named(document);
            let document = if document.is_empty() { "一行未匹配记录".to_owned() } else { document.join(" ") };
            let agree: Vec<String> = named(agree).into_iter().map(|agree| format!("，{agree} 相同")).collect();
            let days = days.map(|days| match days {
                0 => "，同一天".to_owned(),
                days if days < 0 => format!("，早 {} 天", -days),
                days => format!("，晚 {days} 天"),
            });
            let key =
                key.as_ref().map_or_else(|| "未填关联单号".to_owned(), |key| format!("挂在 {} 名下", quoted(key)));
            let (side, days) = (side_in_zh(side), days.unwrap_or_default());
            format!("关联丢失：{side}的{document}恰为 {}{}{days}，{key}", exactly(*exact), agree.concat())
        }
    }
}

/// Whose figure is the odd one, a sentence.
pub fn odd(odd: &Odd, language: Language) -> String {
    let moment = |value: &Value| value.to_string().replace('T', " ");
    match language {
        Language::En => {
            let sides = |sides: &[String]| sides.iter().map(|side| visible(side)).collect::<Vec<_>>().join(" and ");
            let because = match &odd.because {
                Because::OthersAgree { sides: agree } => format!(": {} agree", sides(agree)),
                Because::OthersLackIt { sides: lack } => format!(": {} have nothing of it", sides(lack)),
                Because::Cause => String::new(),
                Because::Moved => ": changed last".to_owned(),
                Because::ChangedLast { at, other } => {
                    format!(": changed last, {}; the other side stands since {}", moment(at), moment(other))
                }
            };
            format!("Odd one out: {}{because}", visible(&odd.side))
        }
        Language::Zh => {
            let sides = |sides: &[String]| sides.iter().map(|side| side_in_zh(side)).collect::<Vec<_>>().join("与");
            let because = match &odd.because {
                Because::OthersAgree { sides: agree } => format!("（{}一致）", sides(agree)),
                Because::OthersLackIt { sides: lack } => format!("（{}都没有）", sides(lack)),
                Because::Cause => String::new(),
                Because::Moved => "（最后改动）".to_owned(),
                Because::ChangedLast { at, other } => {
                    format!("（最后改动于 {}，另一方自 {} 未变）", moment(at), moment(other))
                }
            };
            format!("问题在{}一方{because}", side_in_zh(&odd.side))
        }
    }
}

/// Which figure moved since a break was seen before, a sentence.
fn moved(moved: &Moved, language: Language, show: fn(Amount) -> String) -> String {
    let Moved { side: _, figure, from, to, since } = moved;
    let stated = |value: &Value| match (value, language) {
        (Value::Amount(amount), _) => show(*amount),
        (Value::Null, Language::En) => "empty".to_owned(),
        (Value::Null, Language::Zh) => "空值".to_owned(),
        (Value::Text(text), Language::Zh) => format!("“{}”", visible(text)),
        (value, _) => text(value),
    };
    let (from, to) = (stated(from), stated(to));
    match language {
        Language::En => {
            format!("{} changed since {since}: {from} -> {to}, the other figure did not", visible(figure))
        }
        Language::Zh => format!("自 {since} 以来，{}由 {from} 变为 {to}，另一方未变", expression_zh(figure)),
    }
}

/// What breaks of one check have in common, a sentence with both shares. The check is called by its title, where it has
/// one.
pub fn pattern(pattern: &Pattern, title: Option<&Bilingual>, language: Language) -> String {
    let Pattern { check, class, side, breaks, of, traits } = pattern;
    let named = match title {
        Some(title) => visible(title.get(language)),
        None if check != class.name() => visible(check),
        None => match language {
            Language::En => super::class(*class, language).to_lowercase(),
            Language::Zh => super::class(*class, language).to_owned(),
        },
    };
    let traits: Vec<String> = traits.iter().map(|shared| shares(shared, language)).collect();
    match language {
        Language::En => {
            let on = side.as_deref().map(|side| format!(" in {}", visible(side))).unwrap_or_default();
            format!("{breaks} of {of} ({named}{on}) have {}", traits.join(" and "))
        }
        Language::Zh => {
            let on = side.as_deref().map(side_in_zh).unwrap_or_default();
            let what = if *class == Class::Missing { format!("{on}{named}") } else { named };
            format!("{of} 项“{what}”中有 {breaks} 项{}", traits.join("，且"))
        }
    }
}

fn shares(shared: &Trait, language: Language) -> String {
    let Trait { side, column, value, rows, all } = shared;
    let usual = percent(*rows, *all);
    match language {
        Language::En => {
            format!("{}.{} {} ({usual} of all its rows)", visible(side), visible(column), text(value))
        }
        Language::Zh => {
            format!("{}{}为 {}（全部行中占 {usual}）", side_in_zh(side), column_in_zh(column), text(value))
        }
    }
}

/// A share in percent with one digit, rounded half up; never rounded to nothing.
fn percent(part: u64, whole: u64) -> String {
    let thousandths = (u128::from(part) * 2_000 + u128::from(whole)) / (2 * u128::from(whole.max(1)));
    match thousandths {
        0 if part > 0 => "<0.1 %".to_owned(),
        thousandths => format!("{}.{} %", thousandths / 10, thousandths % 10),
    }
}

fn step_en(step: Amount) -> String {
    if step == Amount::from(1) { "whole units".to_owned() } else { format!("steps of {}", quantity(step)) }
}

fn step_zh(step: Amount) -> String {
    if step == Amount::from(1) { "已舍入到整数".to_owned() } else { format!("已按 {} 舍入", quantity(step)) }
}

/// A figure of a row by itself, of which it is not known whether it is money.
fn exactly(amount: Amount) -> String {
    if amount.scale() == 2 { figure(amount) } else { quantity(amount) }
}

fn size(amount: Amount) -> Amount {
    amount.checked_abs().unwrap_or(amount)
}

fn places_en(places: u32) -> String {
    if places == 1 { "one place".to_owned() } else { format!("{places} places") }
}

fn days_en(days: i64) -> String {
    if days.abs() == 1 { "1 day".to_owned() } else { format!("{} days", days.abs()) }
}

fn spelling_en(spelling: Spelling) -> &'static str {
    match spelling {
        Spelling::Trim => "blanks at its ends (normalise with \"trim\")",
        Spelling::HalfWidth => "full-width letters (normalise with \"half_width\")",
        Spelling::Upper => "capital letters (normalise with \"upper\")",
        Spelling::LeadingZeros => "leading zeros",
        Spelling::Separators => "separators",
    }
}

fn spelling_zh(spelling: Spelling) -> &'static str {
    match spelling {
        Spelling::Trim => "首尾空格（可用 normalise \"trim\"）",
        Spelling::HalfWidth => "全角字符（可用 normalise \"half_width\"）",
        Spelling::Upper => "大小写（可用 normalise \"upper\"）",
        Spelling::LeadingZeros => "前导零",
        Spelling::Separators => "分隔符",
    }
}

fn quoted(key: &[Value]) -> String {
    format!("“{}”", key.iter().map(text).collect::<Vec<_>>().join(" / "))
}

fn text(value: &Value) -> String {
    match value {
        Value::Amount(amount) => amount.normalised().to_string(),
        value => visible(&value.to_string()),
    }
}
