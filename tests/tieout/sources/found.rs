//! Which files hold a table, and when they are whole.

use std::fs;
use std::time::{Duration, SystemTime};

use tieout::audit::snapshot::{FileRead, Pick, Read, TableSpec};

use super::files::Folder;
use super::{LIMITS, Parameters, answer, file, files_source, moment};

fn said(folder: &Folder, read: FileRead) -> String {
    let table = TableSpec { read: Read::File(read), ..file("orders", "", &["no"]) };
    answer(&files_source(folder.path()), table, &Parameters::new(), &LIMITS, folder.path())
}

/// A folder with a file of one row for each name, all written an hour before the run.
fn folder(names: &[&str]) -> Folder {
    let folder = Folder::new();
    for name in names {
        fs::write(folder.path().join(name), format!("no,qty\n{name},1\n")).unwrap();
        written(&folder, name, Duration::from_secs(3600));
    }
    folder
}

/// Lets a file have been written to so long before the run.
fn written(folder: &Folder, name: &str, before: Duration) {
    let file = fs::File::options().write(true).open(folder.path().join(name)).unwrap();
    file.set_modified(SystemTime::from(moment()) - before).unwrap();
}

#[test]
fn a_pattern_is_all_its_files_in_the_order_of_their_names() {
    let names = ["sales_9.csv", "sales_10.csv", "sales_010.csv", "~$sales_11.csv", ".sales_12.csv", "stock_1.csv"];
    let folder = folder(&names);
    fs::create_dir(folder.path().join("2026")).unwrap();
    fs::write(folder.path().join("2026/sales_1.csv"), "qty;no\n1;a\n").unwrap();
    fs::write(folder.path().join("2026/sales_2.csv"), "no,qty\nb,2\n").unwrap();
    let all = |path: &str| said(&folder, FileRead::of(path));
    let paths = ["sales_*.csv", "sales_?.csv", "2026/sales_*.csv", "sale_*.csv", "2025/*.csv", "../*.csv"];
    insta::assert_snapshot!(paths.map(all).join("\n"), @r#"
    3 rows
    no String: "sales_9.csv" | "sales_010.csv" | "sales_10.csv"
    1 rows
    no String: "sales_9.csv"
    2 rows
    no String: "a" | "b"
    cannot read table orders of source erp: no file in the folder DIR has a name like sale_*.csv; it holds 2026, sales_010.csv, sales_10.csv, sales_9.csv, stock_1.csv, ~$sales_11.csv
    cannot read table orders of source erp: no file in the folder DIR/2025 has a name like *.csv; it holds none
    cannot read table orders of source erp: file = "../*.csv" leads out of the source's folder DIR; a path inside it is accepted
    "#);
}

#[test]
fn the_last_file_is_picked_by_name_or_by_when_it_was_written() {
    let folder = folder(&["sales_2026.9.csv", "sales_2026.10.csv", "sales_2026.8.csv"]);
    written(&folder, "sales_2026.8.csv", Duration::from_secs(60));
    let pick = |pick| said(&folder, FileRead { pick, ..FileRead::of("sales_*.csv") });
    insta::assert_snapshot!([pick(Pick::LastByName), pick(Pick::LastWritten)].join("\n"), @r#"
    1 rows
    no String: "sales_2026.10.csv"
    1 rows
    no String: "sales_2026.8.csv"
    "#);
}

#[test]
fn files_that_are_read_together_have_the_same_columns() {
    let folder = folder(&["sales_1.csv"]);
    fs::write(folder.path().join("sales_2.csv"), "number,qty\nSO-2,1\n").unwrap();
    insta::assert_snapshot!(said(&folder, FileRead::of("sales_*.csv")), @"cannot read table orders of source erp: in sales_2.csv: it has no column no; it has number, qty");
}

#[test]
fn a_file_is_read_when_its_writer_is_done() {
    let folder = folder(&["sales_1.csv", "sales_2.csv"]);
    let settled = |seconds: u64, path: &str| {
        let settled = Some(Duration::from_secs(seconds));
        said(&folder, FileRead { settled, ..FileRead::of(path) })
    };
    let done = |path: &str| said(&folder, FileRead { done: Some(".done".to_owned()), ..FileRead::of(path) });
    let mut all = vec![settled(3600, "sales_1.csv"), settled(3601, "sales_1.csv"), done("sales_1.csv")];
    fs::write(folder.path().join("sales_1.csv.done"), "").unwrap();
    all.extend([done("sales_1.csv"), done("sales_*.csv")]);
    let file = fs::File::options().write(true).open(folder.path().join("sales_2.csv")).unwrap();
    file.set_modified(SystemTime::from(moment()) + Duration::from_secs(86_400)).unwrap();
    all.push(settled(1, "sales_*.csv"));
    insta::assert_snapshot!(all.join("\n"), @r#"
    1 rows
    no String: "sales_1.csv"
    cannot read table orders of source erp: sales_1.csv was written to less than 3601 s ago and may still be being written; run again when its writer is done
    cannot read table orders of source erp: sales_1.csv is not known to be whole: there is no sales_1.csv.done beside it; run again when its writer is done
    1 rows
    no String: "sales_1.csv"
    cannot read table orders of source erp: sales_2.csv is not known to be whole: there is no sales_2.csv.done beside it; run again when its writer is done
    cannot read table orders of source erp: sales_2.csv was written to less than 1 s ago and may still be being written; run again when its writer is done
    "#);
}
