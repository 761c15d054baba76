//! What users write: tieout.toml, table files and rule files, read whole or answered with every problem in them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use tieout::audit::rulebook::{
    Asking, Rulebook, Sources, Surroundings, read_rules, read_table, rule_id, standard_parameters,
};
use tieout::audit::snapshot::TableSpec;
use tieout::config::{Config, Locations, load};
use tieout::problem::{Problems, SourceText};

mod meaning;
mod secrets;

/// The company of `files/good`, whose files are all sound.
fn good(path: &str) -> PathBuf {
    Path::new("tests/tieout/files/good").join(path)
}

fn environment(name: &str) -> Option<String> {
    match name {
        "BANK_FOLDER" => Some("var/bank".to_owned()),
        "SMTP_URL" => Some("smtp://robot:s3cret@mail".to_owned()),
        _ => None,
    }
}

fn load_good() -> Config {
    let locations = Locations { config: good("config/tieout.toml"), rules: good("rules") };
    load(&locations, &environment).unwrap_or_else(|problems| panic!("{problems}"))
}

fn sources() -> Sources {
    [("erp", Asking::Query), ("bank", Asking::File)].map(|(name, asking)| (name.to_owned(), asking)).into()
}

/// Reads rule texts against the tables of the good company.
fn rules(files: &[(&str, &str)]) -> Result<Rulebook, Problems> {
    static TABLES: LazyLock<BTreeMap<String, TableSpec>> = LazyLock::new(|| {
        let tables = load_good().tables.into_iter();
        tables.filter(|(name, _)| !name.contains('.')).collect()
    });
    let files: Vec<SourceText> =
        files.iter().map(|(name, text)| SourceText::new(format!("rules/{name}.toml"), *text)).collect();
    let departments = ["finance", "warehouse"].map(str::to_owned).into();
    read_rules(
        &files,
        Surroundings {
            tables: &TABLES,
            unread_tables: &BTreeSet::from(["half_read".to_owned()]),
            departments: Some(&departments),
            sources: Some(&sources()),
            parameters: &|_| Some(standard_parameters()),
        },
    )
}

/// Every file of `tests/bad-config/KIND`, with its text.
fn bad(kind: &str) -> BTreeMap<String, String> {
    let folder = Path::new("tests/bad-config").join(kind);
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|ending| ending == "toml"));
    files
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), fs::read_to_string(path).unwrap()))
        .collect()
}

/// Compares what is said of a bad file with the snapshot beside it.
fn check_message(kind: &str, name: &str, problems: &Problems) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(format!("../bad-config/{kind}"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name.to_owned(), problems.to_string()));
}

/// A copy of the good company in a folder of its own.
fn copy() -> tempfile::TempDir {
    fn copy_folder(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let target = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy_folder(&entry.path(), &target);
            } else {
                fs::copy(entry.path(), target).unwrap();
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    copy_folder(&good(""), folder.path());
    folder
}

fn load_from(root: &Path) -> Result<Config, Problems> {
    let locations = Locations { config: root.join("config/tieout.toml"), rules: root.join("rules") };
    load(&locations, &environment).map_err(|mut problems| {
        for problem in &mut problems.0 {
            problem.file.path = problem.file.path.strip_prefix(root).unwrap().to_owned();
            problem.sentence = problem.sentence.replace(&format!("{}/", root.display()), "");
        }
        problems
    })
}

#[test]
fn every_fault_of_a_rule_file_is_answered_with_its_place_and_what_would_be_accepted() {
    for (name, text) in bad("rules") {
        check_message("rules", &name, &rules(&[(&name, &text)]).unwrap_err());
    }
}

#[test]
fn every_fault_of_a_table_file_is_answered_with_its_place_and_what_would_be_accepted() {
    for (name, text) in bad("tables") {
        let file = SourceText::new(format!("config/tables/{name}.toml"), text);
        check_message("tables", &name, &read_table(&file, Some(&sources())).unwrap_err());
    }
}

#[test]
fn every_fault_of_tieout_toml_is_answered_with_its_place_and_what_would_be_accepted() {
    for (name, text) in bad("settings") {
        let folder = copy();
        fs::write(folder.path().join("config/tieout.toml"), text).unwrap();
        fs::write(folder.path().join("empty"), "\n").unwrap();
        let mut problems = load_from(folder.path()).unwrap_err();
        // The good rules name departments and sources that the bad file does not have.
        problems.0.retain(|problem| problem.file.path.ends_with("tieout.toml"));
        check_message("settings", &name, &problems);
    }
}

#[test]
fn a_bad_type_an_unknown_key_and_an_empty_list_in_one_rule_file_are_three_problems() {
    let text = &bad("rules")["three-faults"];
    let problems = rules(&[("three-faults", text)]).unwrap_err();
    let places: Vec<_> =
        problems.0.iter().map(|problem| (problem.line(), problem.column(), problem.key.as_deref())).collect();
    assert_eq!(
        places,
        [(Some(4), Some(9), Some("flood")), (Some(5), Some(7), Some("key")), (Some(6), Some(1), Some("onwer"))]
    );
}

#[test]
fn all_files_are_answered_at_once_in_file_and_place_order() {
    let folder = copy();
    let write = |path: &str, bytes: &[u8]| fs::write(folder.path().join(path), bytes).unwrap();
    write("config/tables/stock.toml", b"source = \"erp\"\nquery = 7\n");
    write("config/tables/customers.toml", b"source = \"\xb2\xbb\"\n");
    write(
        "rules/low-stock.toml",
        &[fs::read(good("rules/low-stock.toml")).unwrap(), b"demand = 1\n".to_vec()].concat(),
    );
    write("rules/b.toml", b"id = \"overdue-receivables\"\nkind = \"reconcile\"\n");
    write("rules/.#b.toml", b"left by an editor");
    insta::assert_snapshot!(load_from(folder.path()).unwrap_err());
}

#[test]
fn a_missing_file_is_a_problem_and_the_others_are_still_read() {
    let folder = copy();
    fs::remove_file(folder.path().join("config/tieout.toml")).unwrap();
    fs::write(folder.path().join("rules/new.toml"), "kind = 1").unwrap();
    insta::assert_snapshot!(load_from(folder.path()).unwrap_err());
    fs::remove_dir_all(folder.path().join("rules")).unwrap();
    insta::assert_snapshot!(load_from(folder.path()).unwrap_err());
}

#[test]
fn a_place_is_counted_in_characters_and_marked_under_the_wide_ones() {
    let problems = rules(&[("wide", "kind = \"low_stock\"\r\ntitle = { zh = \"缺货\", en = 缺货 }\r\n")]).unwrap_err();
    assert_eq!((problems.0[0].line(), problems.0[0].column()), (Some(2), Some(27)));
    let problems = rules(&[("wide", "kind = \"low_stock\"\r\ntitle = { zh = \"缺货\", en = \"x\", \"日\" = 1 }\r\n")]);
    let problems = problems.unwrap_err();
    let unknown = problems.0.iter().find(|problem| problem.key.as_deref() == Some("title.日")).unwrap();
    assert_eq!((unknown.line(), unknown.column()), (Some(2), Some(32)));
}

#[test]
fn an_excerpt_shows_no_control_characters_and_is_coloured_only_for_a_terminal() {
    let problems = rules(&[("escape", "kind = \"\\u001b[31mred\u{7f}\"")]).unwrap_err();
    assert!(!problems.to_string().contains(|letter: char| letter.is_control() && letter != '\n'));
    assert!(problems.render(true).contains("\u{1b}["));
}

#[test]
fn two_rules_with_one_id_are_a_problem_that_names_both_files() {
    let text = fs::read_to_string(good("rules/low-stock.toml")).unwrap();
    let problems = rules(&[("low-stock", &text), ("second", &format!("id = \"low-stock\"\n{text}"))]).unwrap_err();
    insta::assert_snapshot!(problems);
}

#[test]
fn a_rule_over_a_table_with_problems_is_left_out_without_a_word() {
    let text = fs::read_to_string(good("rules/order-to-invoice.toml")).unwrap();
    let text = text.replace("\"shipment_lines\"", "\"half_read\"").replace(" and sales.qty > :floor", "");
    assert!(rules(&[("half", &text)]).unwrap().rules.is_empty());
}

#[test]
fn a_faulty_rule_file_still_has_an_id_for_the_patterns_of_jobs() {
    assert_eq!(rule_id(&SourceText::new("rules/stock.toml", "kind = [")), "stock");
    assert_eq!(rule_id(&SourceText::new("rules/stock.toml", "id = \"low\"\nkind = 1")), "low");
}

/// Every way to spoil one line of a file: without it, cut in the middle, and with a value of each other type.
fn spoilt(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut spoilt = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let mut with = |line: &str| {
            let mut lines = lines.clone();
            lines[index] = line;
            spoilt.push(lines.join("\n"));
        };
        with("");
        with(&line.chars().take(line.chars().count() / 2).collect::<String>());
        with(&line.replace("\"", "'").replace('_', "-"));
        if let Some((key, _)) = line.split_once(" = ") {
            let values = [
                "1",
                "-1",
                "1.5",
                "\"\"",
                "\"x\"",
                "\"${X}\"",
                "[]",
                "[\"x\", 1]",
                "{}",
                "{ x = 1 }",
                "true",
                "2026-01-01",
            ];
            values.into_iter().for_each(|value| with(&format!("{key} = {value}")));
        }
    }
    spoilt
}

#[test]
fn whatever_stands_in_a_file_is_read_or_answered_with_a_problem() {
    for file in fs::read_dir(good("rules")).unwrap() {
        let path = file.unwrap().path();
        for text in spoilt(&fs::read_to_string(path).unwrap()) {
            match rules(&[("spoilt", &text)]) {
                Ok(book) => assert_eq!(book.rules.len(), 1, "{text}"),
                Err(problems) => assert!(!problems.to_string().is_empty(), "{text}"),
            }
        }
    }
    for file in fs::read_dir(good("config/tables")).unwrap() {
        let path = file.unwrap().path();
        for text in spoilt(&fs::read_to_string(&path).unwrap()) {
            match read_table(&SourceText::new("spoilt.toml", text.as_str()), Some(&sources())) {
                Ok(table) => assert!(!table.columns.is_empty(), "{text}"),
                Err(problems) => assert!(!problems.to_string().is_empty(), "{text}"),
            }
        }
    }
    let folder = copy();
    for text in spoilt(&fs::read_to_string(good("config/tieout.toml")).unwrap()) {
        fs::write(folder.path().join("config/tieout.toml"), &text).unwrap();
        match load_from(folder.path()) {
            Ok(config) => assert_eq!((config.rules.len(), config.sources.len()), (4, 2), "{text}"),
            Err(problems) => assert!(!problems.to_string().is_empty(), "{text}"),
        }
    }
}

#[test]
fn without_a_folder_of_rules_only_the_folder_is_missed() {
    let locations = Locations { config: good("config/tieout.toml"), rules: good("rulez") };
    let problems = load(&locations, &environment).expect_err("there is no such folder").to_string();
    assert!(problems.contains("cannot read this folder: it does not exist"), "{problems}");
    assert!(!problems.contains("matches no rule"), "{problems}");
}
