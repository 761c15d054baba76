//! Every refusal says what was found, where, and what would be accepted.

use proptest::prelude::*;
use tieout::audit::expression::{MAX_EXPRESSION_BYTES, MAX_EXPRESSION_DEPTH, MAX_EXPRESSION_NESTING, Type};

use super::{MONEY, QUANTITY, Sheet, orders, parse};

/// The fault as a reader sees it: the place marked under the text, the sentence, what would be accepted.
fn refusal(text: &str, sheet: &Sheet) -> String {
    let fault = match parse(text, sheet) {
        Ok(expression) => return format!("{text}\n  accepted as {:?}\n", expression.kind()),
        Err(fault) => fault,
    };
    let width = |part: &str| part.chars().map(|character| if character.is_ascii() { 1 } else { 2 }).sum::<usize>();
    let marks = format!("{}{}", " ".repeat(width(&text[..fault.at.start])), "^".repeat(width(&text[fault.at.clone()])));
    let accepted = fault.accepted.map(|accepted| format!("\n  accepted: {accepted}")).unwrap_or_default();
    format!("{text}\n{marks}\n  {}{accepted}\n", fault.sentence)
}

fn refusals(texts: &[&str]) -> String {
    texts.iter().map(|text| refusal(text, &orders())).collect::<Vec<_>>().join("\n")
}

#[test]
fn unknown_names_are_answered_with_the_nearest_known_one() {
    let sides = Sheet::new(0).with("sales.qty", QUANTITY, &[]).with("warehouse.qty", QUANTITY, &[]);
    insta::assert_snapshot!(refusals(&[
        "amuont > 0",
        "qty > 0 and 状太 = '已审核'",
        "nothing_like_it = 1",
        "sales.qty > 0",
        "a.b.c = 1",
        "due > :as_of_dya",
        "due > ?",
        "summ(qty) > 1",
        "now() > at",
    ]));
    insta::assert_snapshot!(["qty > 0", "sales.qyt > 0"].map(|text| refusal(text, &sides)).join("\n"));
}

#[test]
fn types_that_do_not_meet_are_both_named() {
    insta::assert_snapshot!(refusals(&[
        "no + amount",
        "qty > 1 and amount + due > 0",
        "amount = '12'",
        "due >= '2026-01-31'",
        "due + 1.5",
        "due * 2",
        "due = at",
        "not qty",
        "stocked and amount",
        "no || qty",
        "-no",
        "coalesce(no, 0)",
        "case when stocked then 1 else 'one' end",
        "qty in (1, 'two')",
        "qty between 1 and date '2026-01-31'",
        "upper(qty)",
        "abs(no)",
        "left(no, 1.5)",
    ]));
}

#[test]
fn what_an_expression_cannot_say_is_refused_with_what_it_can() {
    insta::assert_snapshot!(refusals(&[
        "amount / qty > 1",
        "round(amount / qty * 100, 2)",
        "round(amount, qty)",
        "round(amount, 19)",
        "round()",
        "cast(amount as text)",
        "amount::text",
        "amount % 2",
        "no ilike 'so%'",
        "no like 'a!%' escape '!'",
        "no in (select no)",
        "exists (select 1)",
        "sum(qty) over ()",
        "count(*)",
        "amount = null",
        "qty in (1, null)",
        "qty + null",
        "null",
        "coalesce(null, null)",
        "1e5",
        "0x1F",
        "date '2026-02-30'",
        "timestamp '2026-01-31 00:00:00'",
        "interval '1 day'",
        "1.0000000000000000001",
        "qty * 0.000000000000001",
        "'a' < \"b\"",
    ]));
}

#[test]
fn a_text_that_is_no_expression_is_marked_where_it_breaks() {
    insta::assert_snapshot!(refusals(&[
        "",
        "qty >",
        "(qty > 1",
        "qty > 1)",
        "qty > 1; drop table x",
        "qty > 1, 2",
        "no = 'open",
        "amount --1",
        "amount /* why */ > 1",
        "case when stocked then 1",
        "qty >\n  and 1",
        "状态 = = 1",
        "select 1",
    ]));
}

#[test]
fn an_expression_has_limits_with_names() {
    let nested = |open: &str, levels: usize| format!("{}1{} = 1", open.repeat(levels), ")".repeat(levels));
    for open in ["abs(", "(", "coalesce(1, "] {
        assert!(parse(&nested(open, MAX_EXPRESSION_NESTING / 2), &orders()).is_ok(), "{open}");
        let fault = parse(&nested(open, 10 * MAX_EXPRESSION_NESTING), &orders()).unwrap_err();
        assert_eq!(fault.sentence, "the expression is nested too deeply");
    }
    let long_chain = format!("1{} = 1", " + 1".repeat(MAX_EXPRESSION_DEPTH));
    assert!(parse(&long_chain, &orders()).unwrap_err().sentence.contains("too many operators"));
    let huge = format!("no = '{}'", "x".repeat(MAX_EXPRESSION_BYTES));
    assert!(parse(&huge, &orders()).unwrap_err().sentence.contains("bytes"));
    let list = format!("no in ({}'x')", "'SO-1', ".repeat(2_000));
    assert!(parse(&list, &orders()).is_ok());
    let chain = format!("{}stocked", "stocked and ".repeat(MAX_EXPRESSION_DEPTH - 10));
    assert!(parse(&chain, &orders()).is_ok());
}

#[test]
fn long_lists_of_known_names_are_counted_not_cut() {
    let sheet = (0..40).fold(Sheet::new(0), |sheet, index| sheet.with(&format!("column_{index:02}"), MONEY, &[]));
    let fault = parse("nothing_of_the_kind", &sheet.with("x", Type::Text, &[])).unwrap_err();
    assert!(fault.accepted.unwrap().ends_with("column_23 and 17 more"));
}

proptest! {
    /// Whatever is written, reading it gives an expression or a fault with a place inside the text.
    #[test]
    fn any_text_is_read_or_refused_with_a_place(
        text in "\\PC{0,32}",
        words in proptest::collection::vec(
            prop::sample::select(vec![
                "amount", "qty", "no", "due", "stocked", "状态", "case", "when", "then", "else", "end", "and", "or",
                "not", "in", "between", "like", "is", "null", "true", "(", ")", ",", "+", "-", "*", "/", "=", "<", ">",
                "||", "1", "0.5", "'x'", "date '2026-01-31'", ":as_of_day", "round(", "coalesce(", "left(", "trim(",
                "substring(", "from", "cast(", "as", "text", "::", "\"", "'", "\n", "--", "[", "]", "{", "}", ".", ";",
            ]),
            0..14,
        ),
    ) {
        for text in [text, words.join(" ")] {
            if let Err(fault) = parse(&text, &orders()) {
                prop_assert!(text.get(fault.at.clone()).is_some(), "{text}: {fault:?}");
                prop_assert!(!fault.sentence.is_empty());
            }
        }
    }
}
