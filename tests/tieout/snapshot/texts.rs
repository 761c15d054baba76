//! Booleans, text, and cells that mean nothing.

use super::*;

#[test]
fn booleans_are_read_from_words_and_bits() {
    check(
        ColumnType::Boolean,
        &[
            ("true", "true"),
            ("T", "true"),
            ("Yes", "true"),
            ("y", "true"),
            ("1", "true"),
            ("是", "true"),
            ("１", "true"),
            ("FALSE", "false"),
            ("f", "false"),
            ("no", "false"),
            ("N", "false"),
            ("0", "false"),
            (" 否 ", "false"),
            ("", "null"),
            ("2", "?"),
            ("maybe", "?"),
            ("对", "?"),
        ],
    );
    let bits = Int64Chunked::from_slice_options("x".into(), &[Some(1), Some(0), Some(-1), None]).into_column();
    check_column(column("x", ColumnType::Boolean), bits, &["true", "false", "unreadable: -1", "null"]);
    let held = BooleanChunked::from_slice_options("x".into(), &[Some(true), None]).into_column();
    check_column(column("x", ColumnType::Boolean), held, &["true", "null"]);
}

#[test]
fn text_is_cleaned_by_the_steps_of_its_column_in_their_order() {
    use Normaliser::{HalfWidth, Trim, Upper};
    let cell = "\u{feff}\u{3000} ａｂ－１２３／（x）\u{a0}\u{200b}";
    for (steps, expected) in [
        (vec![], cell),
        (vec![Trim], "ａｂ－１２３／（x）"),
        (vec![Trim, HalfWidth], "ab-123/(x)"),
        (vec![HalfWidth, Upper, Trim], "AB-123/(X)"),
    ] {
        let mut wanted = column("x", ColumnType::Text);
        wanted.normalise = steps;
        check_column(wanted, texts(&[cell]), &[expected]);
    }
    let mut wanted = column("x", ColumnType::Text);
    wanted.normalise = vec![Trim, HalfWidth, Upper];
    let dashes = texts(&["a－b", "a—b", "a–b", "a−b", "a‐b", "straße", "\u{200d}", " ", "null"]);
    check_column(wanted.clone(), dashes, &["A-B", "A-B", "A-B", "A-B", "A-B", "STRASSE", "null", "null", "null"]);
    wanted.null_words = ["-", "无", "n/a"].map(str::to_owned).to_vec();
    check_column(wanted, texts(&["—", "无", " N/A ", "无锡", "-1"]), &["null", "null", "null", "无锡", "-1"]);
}

#[test]
fn empty_text_is_null_and_leading_zeros_stay() {
    check_column(column("x", ColumnType::Text), texts(&["", " ", "0012", "null"]), &["null", " ", "0012", "null"]);
    let untouched = texts(&["a", "null", "B "]);
    check_column(column("x", ColumnType::Text), untouched, &["a", "null", "B "]);
}

#[test]
fn null_words_are_null_in_columns_of_every_type() {
    let mut figure = column("x", money(2));
    figure.null_words = ["-", "无", "-1"].map(str::to_owned).to_vec();
    check_column(figure.clone(), texts(&["—", " 无 ", "-1", "-2"]), &["unreadable: —", "null", "null", "-2.00"]);
    check_column(figure, Int32Chunked::from_slice("x".into(), &[-1, -2]).into_column(), &["null", "-2.00"]);
    let mut date = column("x", ColumnType::Date);
    date.null_words = vec!["2099-12-31".to_owned()];
    let days = Int32Chunked::from_slice("x".into(), &[47_481, 0]).into_date().into_column();
    check_column(date, days, &["null", "1970-01-01"]);
}

#[test]
fn text_comes_from_every_other_type_as_it_is_written_plainly() {
    let text = || column("x", ColumnType::Text);
    check_column(text(), Int64Chunked::from_slice("x".into(), &[12, -3]).into_column(), &["12", "-3"]);
    let decimals = Int128Chunked::from_slice("x".into(), &[1_200, -5]).into_decimal_unchecked(38, 3).into_column();
    check_column(text(), decimals, &["1.200", "-0.005"]);
    let floats = Float64Chunked::from_slice("x".into(), &[12.0, 0.1, f64::NAN, 123_456_789_012_345_680.0]);
    check_column(text(), floats.into_column(), &["12", "0.1", "unreadable: NaN", "123456789012345680"]);
    check_column(text(), BooleanChunked::from_slice("x".into(), &[true]).into_column(), &["true"]);
    let days = Int32Chunked::from_slice("x".into(), &[20_032]).into_date().into_column();
    check_column(text(), days, &["2024-11-05"]);
    let at = Int64Chunked::from_slice("x".into(), &[1_500]).into_datetime(TimeUnit::Milliseconds, None).into_column();
    check_column(text(), at, &["1970-01-01T00:00:01.500"]);
}

proptest! {
    /// No text makes reading panic, whatever the type, and each cell is a value, null or named as unreadable.
    #[test]
    fn any_text_is_read_or_named(text in "\\PC{0,24}|[-0-9.,:/ TZ+()年月日]{0,24}", scale in 0u8..=18) {
        let kinds = [
            money(scale),
            ColumnType::Number { scale },
            ColumnType::Date,
            ColumnType::Instant,
            ColumnType::Boolean,
            ColumnType::Text,
        ];
        for kind in kinds {
            let mut wanted = column("x", kind);
            wanted.normalise = vec![Normaliser::Trim, Normaliser::HalfWidth, Normaliser::Upper];
            let raw = StringChunked::from_slice("x".into(), &[text.as_str()]).into_column();
            let table = table_in(chrono_tz::America::New_York, vec![wanted], vec![raw]).unwrap();
            prop_assert!(table.unreadable.len() <= 1);
        }
    }
}
