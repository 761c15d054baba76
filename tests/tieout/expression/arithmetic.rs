//! Rounding, faults, and arithmetic against an oracle of whole numbers.

use proptest::prelude::*;
use tieout::audit::expression::{Cell, Decimals, Type, Vector};

use super::{MONEY, QUANTITY, Sheet, check_constant, evaluate, parse, run_parameters};

/// Two figures of which most are extreme.
fn edges() -> Sheet {
    Sheet::new(5)
        .with("a", MONEY, &["max", "min", "1.00", "null", "fault"])
        .with("b", MONEY, &["0.01", "1.00", "0.00", "fault", "2.00"])
        .with("fine", Type::Decimal { scale: 18, money: false }, &["0.5", "0.5", "0.5", "0.5", "0.5"])
}

fn check(text: &str, expected: [&str; 5]) {
    assert_eq!(evaluate(text, &edges()), expected, "{text}");
}

#[test]
fn rounding_is_half_away_from_zero() {
    for (text, expected) in [
        ("round(2.345, 2)", "2.35"),
        ("round(-2.345, 2)", "-2.35"),
        ("round(2.344999, 2)", "2.34"),
        ("round(0.5)", "1"),
        ("round(-0.5, 0)", "-1"),
        ("round(1.5, 4)", "1.5"),
        ("round(10 / 4, 0)", "3"),
        ("round(-10 / 4, 0)", "-3"),
        ("round(1 / 3, 6)", "0.333333"),
        ("round(2 / 3, 6)", "0.666667"),
        ("round((0.01 * 100) / 8, 2)", "0.13"),
        ("round(1 / -0.000000000000000003, 0)", "-333333333333333333"),
        ("round(0.000000000000000005 / 1, 17)", "0.00000000000000001"),
        ("round(99999999999999999999999999999999999999 / 7, 0)", "14285714285714285714285714285714285714"),
        ("round(1.000000000000000001 / 1.000000000000000002, 18)", "0.999999999999999999"),
        ("abs(-3.20)", "3.20"),
    ] {
        check_constant(text, expected);
    }
}

#[test]
fn a_figure_that_does_not_fit_is_a_fault_of_its_cell_alone() {
    check("a + b", ["fault", "-1701411834604692317316873037158841056.28", "1.00", "fault", "fault"]);
    check("a * b", ["17014118346046923173168730371588410.5727", "fault", "0.0000", "fault", "fault"]);
    check("-a", ["-1701411834604692317316873037158841057.27", "fault", "-1.00", "null", "fault"]);
    check("abs(a)", ["1701411834604692317316873037158841057.27", "fault", "1.00", "null", "fault"]);
    check("round(b / a, 2)", ["0.00", "0.00", "0.00", "fault", "fault"]);
    check(
        "round(a / b, 0)",
        [
            "170141183460469231731687303715884105727",
            "-1701411834604692317316873037158841057",
            "fault",
            "fault",
            "fault",
        ],
    );
    check("a + 0.001", ["fault", "fault", "1.001", "null", "fault"]);
}

#[test]
fn comparing_never_faults_whatever_the_scales() {
    check("a > fine", ["true", "false", "true", "null", "null"]);
    check("fine > a", ["false", "true", "false", "null", "null"]);
    check("a = fine", ["false", "false", "false", "null", "null"]);
    check("a between fine and a", ["true", "false", "true", "null", "null"]);
}

#[test]
fn a_condition_over_a_fault_is_neither_true_nor_false() {
    check("a > 0", ["true", "false", "true", "null", "null"]);
    check("a is null", ["false", "false", "false", "true", "null"]);
    check("a is not null", ["true", "true", "true", "false", "null"]);
    check("(a > 0) is true", ["true", "false", "true", "false", "false"]);
    check("a in (1, 2)", ["false", "false", "true", "null", "null"]);
}

#[test]
fn a_fault_is_no_null_and_is_not_replaced() {
    check(
        "coalesce(a, b)",
        [
            "1701411834604692317316873037158841057.27",
            "-1701411834604692317316873037158841057.28",
            "1.00",
            "fault",
            "fault",
        ],
    );
    check("nullif(b, a)", ["0.01", "1.00", "0.00", "fault", "fault"]);
    check("greatest(b, a)", ["1701411834604692317316873037158841057.27", "1.00", "1.00", "fault", "fault"]);
    check("least(b, 1.5)", ["0.01", "1.00", "0.00", "fault", "1.50"]);
    check("round(a / nullif(b, 0), 0) is null", ["false", "false", "true", "null", "null"]);
}

#[test]
fn a_fault_in_a_branch_that_is_not_taken_does_no_harm() {
    check("case when b > 0 then round(1.00 / b, 2) else 0 end", ["100.00", "1.00", "0.00", "0.00", "0.50"]);
}

#[test]
fn a_column_finer_than_its_declared_scale_is_a_fault_where_it_does_not_fit() {
    let sheet = Sheet::new(2).with("qty", QUANTITY, &["1.5", "1.25"]);
    let expression = parse("qty + 0", &sheet).unwrap();
    let mut finer = Sheet::new(2).with("qty", QUANTITY, &["1.5", "1.25"]);
    let held = Vector::Decimal(Decimals::new(5, [(150_000, Cell::Value), (150_001, Cell::Value)]));
    finer.columns.iter_mut().for_each(|(_, column)| column.1 = held.clone());
    let Vector::Decimal(result) = expression.evaluate(&finer, &run_parameters().1) else { panic!() };
    assert_eq!(result, Decimals::new(result.scale, [(15_000, Cell::Value), (0, Cell::Fault)]));
}

/// A pair of figures as a sheet of one row.
fn pair(left: i128, left_scale: u8, right: i128, right_scale: u8) -> Sheet {
    let column = |units: i128, scale: u8| {
        let held = Vector::Decimal(Decimals::new(scale, [(units, Cell::Value)]));
        (Type::Decimal { scale, money: false }, held)
    };
    let mut sheet = Sheet::new(1);
    for (name, held) in [("a", column(left, left_scale)), ("b", column(right, right_scale))] {
        let name = tieout::audit::expression::ColumnRef { side: None, column: name.to_owned() };
        sheet.columns.insert(name, held);
    }
    sheet
}

fn figure(text: &str, sheet: &Sheet) -> Option<i128> {
    let expression = parse(text, sheet).unwrap();
    let Vector::Decimal(result) = expression.evaluate(sheet, &run_parameters().1) else { panic!("{text}") };
    assert!(expression.kind() == Type::Decimal { scale: result.scale, money: false }, "{text}");
    result.value(0)
}

/// Small figures, large ones, and those at the edges.
fn units() -> impl Strategy<Value = i128> {
    prop_oneof![
        any::<i16>().prop_map(i128::from),
        any::<i64>().prop_map(i128::from),
        any::<i128>(),
        prop_oneof![Just(i128::MAX), Just(i128::MIN), Just(0), Just(-1)],
    ]
}

fn ten(exponent: u8) -> i128 {
    10i128.pow(u32::from(exponent))
}

/// A figure's digits, whole part padded to 40 places and fraction to 18, so that equal lengths compare as numbers.
fn digits(units: i128, scale: u8) -> (bool, String) {
    let text = format!("{:0>60}", units.unsigned_abs());
    let (whole, fraction) = text.split_at(60 - usize::from(scale));
    (units < 0, format!("{whole:0>60}{fraction:0<18}"))
}

proptest! {
    #[test]
    fn sums_differences_and_products_are_those_of_whole_numbers(
        a in units(), b in units(), left in 0u8..=9, right in 0u8..=9,
    ) {
        let sheet = pair(a, left, b, right);
        let scale = left.max(right);
        let raised = a.checked_mul(ten(scale - left)).zip(b.checked_mul(ten(scale - right)));
        prop_assert_eq!(figure("a + b", &sheet), raised.and_then(|(a, b)| a.checked_add(b)));
        prop_assert_eq!(figure("a - b", &sheet), raised.and_then(|(a, b)| a.checked_sub(b)));
        prop_assert_eq!(figure("a * b", &sheet), a.checked_mul(b));
        prop_assert_eq!(figure("-a", &sheet), a.checked_neg());
    }

    #[test]
    fn order_is_that_of_the_digits(a in units(), b in units(), left in 0u8..=18, right in 0u8..=18) {
        let sheet = pair(a, left, b, right);
        let ((a_negative, a_digits), (b_negative, b_digits)) = (digits(a, left), digits(b, right));
        let expected = match (a_negative, b_negative) {
            (false, false) => a_digits.cmp(&b_digits),
            (true, true) => b_digits.cmp(&a_digits),
            (false, true) => std::cmp::Ordering::Greater,
            (true, false) => std::cmp::Ordering::Less,
        };
        prop_assert_eq!(evaluate("a < b", &sheet), [expected.is_lt().to_string()]);
        prop_assert_eq!(evaluate("a = b", &sheet), [expected.is_eq().to_string()]);
        prop_assert_eq!(evaluate("a >= b", &sheet), [expected.is_ge().to_string()]);
    }

    /// The quotient q is right when 2 * |a - q * b| is at most |b|, and a tie lies further from zero.
    #[test]
    fn a_rounded_quotient_is_the_nearest_one(
        a in any::<i64>(), b in any::<i32>(), left in 0u8..=6, right in 0u8..=6, places in 0u8..=6,
    ) {
        prop_assume!(b != 0);
        let sheet = pair(i128::from(a), left, i128::from(b), right);
        let quotient = figure(&format!("round(a / b, {places})"), &sheet).unwrap();
        let dividend = i128::from(a) * ten(places) * ten(right);
        let divisor = i128::from(b) * ten(left);
        let error = dividend - quotient * divisor;
        prop_assert!(2 * error.abs() <= divisor.abs());
        if 2 * error.abs() == divisor.abs() {
            prop_assert!((quotient * divisor).abs() > dividend.abs());
        }
    }

    #[test]
    fn rounding_a_figure_is_dividing_it_by_one(a in any::<i128>(), scale in 0u8..=18, places in 0u8..=18) {
        let sheet = pair(a, scale, 1, 0);
        if places < scale {
            let rounded = figure(&format!("round(a, {places})"), &sheet);
            prop_assert_eq!(rounded, figure(&format!("round(a / b, {places})"), &sheet));
        }
    }
}
