//! Amounts are exact, subjects have one written form.

use std::cmp::Ordering;

use proptest::prelude::*;
use tieout::audit::amount::{Amount, AmountFault, MAX_SCALE, Purse};
use tieout::audit::value::{Subject, SubjectKind, Value};

fn amount(text: &str) -> Amount {
    text.parse().unwrap_or_else(|fault| panic!("{text}: {fault}"))
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn figure(text: &str) -> Value {
    Value::Amount(amount(text))
}

#[test]
fn an_amount_keeps_the_scale_it_was_written_with() {
    for (written, shown) in
        [("0", "0"), ("-0", "0"), ("1.50", "1.50"), ("+7", "7"), (".5", "0.5"), ("-0.05", "-0.05"), ("007.10", "7.10")]
    {
        assert_eq!(amount(written).to_string(), shown);
    }
    assert_eq!(format!("[{:>8}]", amount("-1.5")), "[    -1.5]");
    assert_eq!(amount("-100.00").normalised().to_string(), "-100");
}

#[test]
fn a_text_that_is_no_plain_decimal_is_no_amount() {
    for written in ["", "-", "+", ".", "1.", "1e5", "1,000", " 1", "1 ", "--1", "１", "1.2.3", "0x1", "NaN", "1.-2"] {
        assert_eq!(written.parse::<Amount>(), Err(AmountFault::NotANumber), "{written}");
    }
    assert_eq!("0.0000000000000000001".parse::<Amount>(), Err(AmountFault::TooFine));
    assert_eq!("170141183460469231731687303715884105728".parse::<Amount>(), Err(AmountFault::TooLarge));
    assert_eq!(amount("170141183460469231731687303715884105727").units(), i128::MAX);
}

#[test]
fn arithmetic_that_does_not_fit_has_no_answer() {
    let largest = Amount::new(i128::MAX, 0);
    let lowest = Amount::new(i128::MIN, 0);
    assert_eq!(largest.checked_add(amount("1")), None);
    assert_eq!(largest.checked_add(amount("0.1")), None);
    assert_eq!(lowest.checked_neg(), None);
    assert_eq!(lowest.checked_abs(), None);
    assert_eq!(largest.checked_mul(amount("2")), None);
    assert_eq!(amount("0.0000000001").checked_mul(amount("0.0000000001")), None);
    assert_eq!(amount("1.50").rescale(0), None);
    assert_eq!(largest.rescale(1), None);
    assert_eq!(amount("1").rescale(MAX_SCALE + 1), None);
    assert_eq!(amount("99999999999999999").ten_thousandths(), None);
    assert_eq!(amount("-1.23456").ten_thousandths(), Some(-12345));
}

#[test]
fn a_purse_keeps_currencies_apart() {
    let mut purse = Purse::default();
    assert!(purse.add("CNY", amount("10.50")) && purse.add("USD", amount("1")) && purse.add("CNY", amount("-0.5")));
    let held: Vec<String> = purse.iter().map(|(currency, amount)| format!("{currency} {amount}")).collect();
    assert_eq!(held, ["CNY 10.00", "USD 1"]);
    assert!(!purse.add("USD", Amount::new(i128::MAX, 0)));
    assert_eq!(purse.0["USD"], amount("1"));
    purse.keep_largest("USD", amount("0.5"));
    purse.keep_largest("EUR", amount("3"));
    assert_eq!(serde_json::to_string(&purse).unwrap(), r#"{"CNY":"10.00","EUR":"3","USD":"1"}"#);
}

#[test]
fn a_subject_has_one_written_form() {
    for (subject, canonical) in [
        (Subject::key(vec![text("SO-1"), figure("2.00")]), r#"["SO-1",2]"#),
        (Subject::key(vec![figure("-0.50"), figure("0.000")]), "[-0.5,0]"),
        (Subject::key(vec![Value::Null, Value::Bool(true)]), "[null,true]"),
        (Subject::key(vec![Value::Date("2026-01-31".parse().unwrap())]), r#"["2026-01-31"]"#),
        (
            Subject::key(vec![Value::Instant("2026-01-31T08:00:00+08:00".parse().unwrap())]),
            r#"["2026-01-31T00:00:00Z"]"#,
        ),
        (Subject::key(vec![text("订单\"一\"\n")]), r#"["订单\"一\"\n"]"#),
        (Subject::key(vec![figure("12345678901234567890123456789.5")]), "[12345678901234567890123456789.5]"),
        (Subject::party(text("ACME")), r#"{"party":["ACME"]}"#),
        (Subject::keyless("warehouse"), r#"{"keyless":["warehouse"]}"#),
        (Subject::flood(), r#"{"flood":[]}"#),
    ] {
        assert_eq!(subject.canonical(), canonical);
        let again = Subject::parse(canonical).unwrap();
        assert_eq!((again.canonical(), again.kind()), (canonical, subject.kind()));
        assert_eq!(serde_json::from_str::<Subject>(&serde_json::to_string(&subject).unwrap()).unwrap(), subject);
    }
    let digest = Subject::key(vec![text("SO-1"), figure("2")]).digest();
    assert_eq!(digest.len(), 64);
    assert_eq!(digest, Subject::key(vec![text("SO-1"), figure("2.0")]).digest());
    assert_ne!(digest, Subject::key(vec![text("SO-1"), text("2")]).digest());
}

#[test]
fn what_is_no_canonical_form_is_no_subject() {
    for written in
        ["", "1", "{}", "[", "[{}]", "[[1]]", r#"{"party":["a"],"keyless":[]}"#, r#"{"who":[]}"#, "[1e5]", "null"]
    {
        assert!(Subject::parse(written).is_none(), "{written}");
    }
}

#[test]
fn subjects_stand_in_order_of_kind_then_value_by_value() {
    let ordered = [
        Subject::key(vec![]),
        Subject::key(vec![Value::Null]),
        Subject::key(vec![Value::Null, text("a")]),
        Subject::key(vec![Value::Bool(false)]),
        Subject::key(vec![figure("-10")]),
        Subject::key(vec![figure("2")]),
        Subject::key(vec![figure("10")]),
        Subject::key(vec![text("10")]),
        Subject::key(vec![Value::Date("2026-01-31".parse().unwrap())]),
        Subject::key(vec![text("SO-1"), figure("2")]),
        Subject::key(vec![text("SO-1"), figure("10")]),
        Subject::key(vec![text("SO-10"), figure("1")]),
        Subject::key(vec![text("so-1")]),
        Subject::key(vec![text("订单")]),
        Subject::party(text("ACME")),
        Subject::keyless("sales"),
        Subject::flood(),
    ];
    assert!(ordered.is_sorted_by(|left, right| left < right));
}

/// A figure's digits, whole part padded to 40 places and fraction to 18: of equal length, so texts compare as numbers.
fn digits(amount: Amount) -> (bool, String) {
    let text = format!("{:0>60}", amount.units().unsigned_abs());
    let (whole, fraction) = text.split_at(60 - usize::from(amount.scale()));
    (amount.is_negative(), format!("{whole:0>60}{fraction:0<18}"))
}

fn amounts() -> impl Strategy<Value = Amount> {
    let units = prop_oneof![any::<i16>().prop_map(i128::from), any::<i64>().prop_map(i128::from), any::<i128>()];
    (units, 0..=MAX_SCALE).prop_map(|(units, scale)| Amount::new(units, scale))
}

fn values() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        amounts().prop_map(Value::Amount),
        any::<String>().prop_map(Value::Text),
        (-100_000i32..100_000).prop_map(|days| Value::Date(tieout::audit::snapshot::day_at(days).unwrap())),
    ]
}

proptest! {
    #[test]
    fn an_amount_reads_back_as_itself(amount in amounts()) {
        let again: Result<Amount, _> = amount.to_string().parse();
        if amount.units() == i128::MIN {
            prop_assert_eq!(again, Err(AmountFault::TooLarge));
        } else {
            let again = again.unwrap();
            prop_assert_eq!((again.units(), again.scale()), (amount.units(), amount.scale()));
        }
    }

    #[test]
    fn amounts_are_ordered_as_their_digits(left in amounts(), right in amounts()) {
        let ((left_negative, left_digits), (right_negative, right_digits)) = (digits(left), digits(right));
        let expected = match (left_negative, right_negative) {
            (false, false) => left_digits.cmp(&right_digits),
            (true, true) => right_digits.cmp(&left_digits),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        };
        prop_assert_eq!(left.cmp(&right), expected);
        prop_assert_eq!(left.normalised().cmp(&right), expected);
    }

    #[test]
    fn sums_and_products_are_those_of_whole_numbers(
        a in any::<i64>(), b in any::<i64>(), left in 0u8..=9, right in 0u8..=9,
    ) {
        let (one, other) = (Amount::new(i128::from(a), left), Amount::new(i128::from(b), right));
        let scale = left.max(right);
        let raise = |units: i64, from: u8| i128::from(units) * 10i128.pow(u32::from(scale - from));
        prop_assert_eq!(one.checked_add(other), Some(Amount::new(raise(a, left) + raise(b, right), scale)));
        prop_assert_eq!(one.checked_sub(other), Some(Amount::new(raise(a, left) - raise(b, right), scale)));
        prop_assert_eq!(one.checked_mul(other), Some(Amount::new(i128::from(a) * i128::from(b), left + right)));
    }

    #[test]
    fn a_canonical_form_reads_back_as_its_subject(values in proptest::collection::vec(values(), 0..4)) {
        let subject = Subject::key(values);
        let again = Subject::parse(subject.canonical()).unwrap();
        prop_assert_eq!(again.canonical(), subject.canonical());
        prop_assert_eq!(again.digest(), subject.digest());
        prop_assert_eq!(again.cmp(&subject), Ordering::Equal);
        prop_assert_eq!(again.kind(), SubjectKind::Key);
    }
}
