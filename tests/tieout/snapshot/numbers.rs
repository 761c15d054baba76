//! Money, quantities and numbers.

use super::*;

#[test]
fn money_is_read_as_people_write_it() {
    check(
        money(2),
        &[
            ("1234.5", "1234.50"),
            ("1,234,567.89", "1234567.89"),
            ("１，２３４．５０", "1234.50"),
            ("12.3400", "12.34"),
            (".5", "0.50"),
            ("  -1 ", "-1.00"),
            ("\u{3000}＋1.00\u{200b}", "1.00"),
            ("－１", "-1.00"),
            ("−1", "-1.00"),
            ("(1.00)", "-1.00"),
            ("（１．００）", "-1.00"),
            ("1.00-", "-1.00"),
            ("-0", "0.00"),
            ("¥1,000", "1000.00"),
            ("￥ 1000.00", "1000.00"),
            ("-¥5", "-5.00"),
            ("¥-5", "-5.00"),
            ("(￥5)", "-5.00"),
            ("CNY 12", "12.00"),
            ("rmb12.00", "12.00"),
            ("1,000元", "1000.00"),
            ("=\"00123\"", "123.00"),
            ("999999999999999999999999999999999999.99", "999999999999999999999999999999999999.99"),
            ("", "null"),
            (" \u{a0}", "null"),
            ("null", "null"),
        ],
    );
}

#[test]
fn a_number_nobody_can_be_sure_of_is_unreadable() {
    let doubtful = [
        "1,50",
        "12,34,567",
        "1234,567",
        "1,234,56",
        "1.234,56",
        "1.2.3",
        "1.",
        ".",
        "-",
        "+",
        "()",
        "--1",
        "-(1)",
        "(1",
        "(-1)",
        "+-1",
        "1-2",
        "1 234",
        "1e5",
        "1.23457E+17",
        "1.2万",
        "3亿",
        "13%",
        "壹元",
        "１²",
        "½",
        "①",
        "0x1F",
        "NaN",
        "12.345",
        "0.001",
        "1000000000000000000000000000000000000.00",
        "abc",
        "12a",
        "#N/A",
        "1,234.567,8",
        "$5",
        "5美元",
        "1_000",
        "٣",
        ",123",
        "1,,234",
    ];
    check(money(2), &doubtful.map(|text| (text, "?")));
    check(ColumnType::Quantity { scale: 4 }, &[("¥1", "?"), ("1元", "?"), ("CNY 1", "?"), ("1,000.1234", "1000.1234")]);
    check(ColumnType::Number { scale: 0 }, &[("10.0", "10"), ("10.5", "?"), ("00010", "10")]);
    check(
        ColumnType::Number { scale: 18 },
        &[
            ("0.000000000000000001", "0.000000000000000001"),
            ("0.0000000000000000001", "?"),
            ("100000000000000000000", "?"),
        ],
    );
}

#[test]
fn figures_of_every_raw_type_are_rescaled_exactly_or_unreadable() {
    let quantity = || column("x", ColumnType::Quantity { scale: 2 });
    let i8s = Int8Chunked::from_slice_options("x".into(), &[Some(-128), None, Some(5)]).into_column();
    check_column(quantity(), i8s, &["-128.00", "null", "5.00"]);
    let u64s = UInt64Chunked::from_slice("x".into(), &[u64::MAX]).into_column();
    check_column(quantity(), u64s, &["18446744073709551615.00"]);
    let i128s = Int128Chunked::from_slice("x".into(), &[i128::MAX, i128::MIN, 10i128.pow(36), 10i128.pow(36) - 1]);
    check_column(
        quantity(),
        i128s.into_column(),
        &[
            "unreadable: 170141183460469231731687303715884105727",
            "unreadable: -170141183460469231731687303715884105728",
            "unreadable: 1000000000000000000000000000000000000",
            "999999999999999999999999999999999999.00",
        ],
    );
    let u128s = UInt128Chunked::from_slice("x".into(), &[u128::MAX, 7]).into_column();
    check_column(quantity(), u128s, &["unreadable: 340282366920938463463374607431768211455", "7.00"]);
    let fine = Int128Chunked::from_slice_options("x".into(), &[Some(123_4500), Some(123_4560), None, Some(-1)]);
    check_column(
        quantity(),
        fine.into_decimal_unchecked(38, 4).into_column(),
        &["123.45", "unreadable: 123.4560", "null", "unreadable: -0.0001"],
    );
    let floats = [0.1 + 0.2, 0.3, 1e21, f64::NAN, f64::INFINITY, -0.0, 1e300, 12.0, 1e-7];
    let floats = Float64Chunked::from_slice("x".into(), &floats).into_column();
    let huge = format!("unreadable: 1{}", "0".repeat(79));
    check_column(
        quantity(),
        floats,
        &[
            "unreadable: 0.30000000000000004",
            "0.30",
            "1000000000000000000000.00",
            "unreadable: NaN",
            "unreadable: inf",
            "0.00",
            &huge,
            "12.00",
            "unreadable: 0.0000001",
        ],
    );
    let singles = Float32Chunked::from_slice("x".into(), &[0.1f32, 2.5]).into_column();
    check_column(quantity(), singles, &["0.10", "2.50"]);
    let nothing = Column::full_null("x".into(), 2, &DataType::Null);
    check_column(quantity(), nothing, &["null", "null"]);
}

#[test]
fn a_turned_sign_turns_every_figure() {
    let mut turned = column("x", money(2));
    turned.negate = true;
    check_column(
        turned.clone(),
        texts(&["1.00", "(2.00)", "0", "", "x"]),
        &["-1.00", "2.00", "0.00", "null", "unreadable: x"],
    );
    check_column(turned, Int32Chunked::from_slice("x".into(), &[1, -2, 0]).into_column(), &["-1.00", "2.00", "0.00"]);
}

proptest! {
    /// However a figure is dressed up, it is read as itself.
    #[test]
    fn a_written_figure_is_read_back_exactly(units in -10i128.pow(37)..10i128.pow(37), scale in 0u8..=18) {
        let amount = Amount::new(units, scale);
        let plain = amount.to_string();
        let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |digits| ("-", digits));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let mut grouped = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        let point = if fraction.is_empty() { "" } else { "." };
        let full_width = plain.chars().map(|digit| char::from_u32(u32::from(digit) + 0xfee0).unwrap());
        let bracketed = if sign.is_empty() { plain.clone() } else { format!("({digits})") };
        let written = [
            plain.clone(),
            format!("{sign}{grouped}{point}{fraction}"),
            format!("{sign}¥{grouped}{point}{fraction}元"),
            full_width.collect(),
            bracketed,
            format!("{digits}{sign}"),
        ];
        let cells: Vec<&str> = written.iter().map(String::as_str).collect();
        let table = table_in(SHANGHAI, vec![column("x", money(scale))], vec![texts(&cells)]).unwrap();
        for (row, text) in written.iter().enumerate() {
            prop_assert_eq!(table.value("x", row), Value::Amount(amount), "{}", text);
        }
    }
}
