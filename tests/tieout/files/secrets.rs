//! Secrets are read from the environment and from files, and shown nowhere.

use std::fs;

use tieout::config::{Locations, Transport, load};

use super::copy;

const SETTINGS: &str = r#"
[business]
name = "Acme $${x} ${COMPANY} $5"
zone = "UTC"
currency = "EUR"
[sources.erp]
kind = "sqlite"
path = "var/erp.db"
[sources.bank]
kind = "files"
path = "var"
[jobs.daily]
rules = ["*"]
[jobs.daily.params]
floor = 1
[departments]
finance = {}
warehouse = {}
[mail]
from = "tieout@example.com"
transport = "smtp"
"#;

fn environment(name: &str) -> Option<String> {
    match name {
        "COMPANY" => Some("\"quoted\" ${SMTP_URL}".to_owned()),
        "SMTP_URL" => Some("smtp://robot:s3cret@mail".to_owned()),
        "WRONG" => Some("s3cret".to_owned()),
        _ => None,
    }
}

/// Loads the good company with other settings, whose last line is `line`.
fn load_with(line: &str) -> Result<tieout::config::Config, tieout::problem::Problems> {
    let folder = copy();
    fs::write(folder.path().join("config/tieout.toml"), format!("{SETTINGS}{line}\n")).unwrap();
    fs::write(folder.path().join("secret"), "  smtp://robot:s3cret@mail\r\n").unwrap();
    load(
        &Locations { config: folder.path().join("config/tieout.toml"), rules: folder.path().join("rules") },
        &environment,
    )
}

#[test]
fn a_secret_comes_from_the_environment_or_a_file_and_does_not_print_itself() {
    for line in ["url = \"${SMTP_URL}\"", "url = \"smtp://robot:${WRONG}@mail\"", "url_file = \"secret\""] {
        let config = load_with(line).unwrap_or_else(|problems| panic!("{problems}"));
        let Some(Transport::Smtp { url, .. }) = config.mail.as_ref().map(|mail| &mail.transport) else {
            panic!("{line}")
        };
        assert_eq!(url.expose(), "smtp://robot:s3cret@mail");
        assert!(!format!("{config:?} {config:#?}").contains("s3cret"), "{line}");
    }
}

#[test]
fn a_variable_is_put_in_as_it_is_and_never_read_again() {
    let config = load_with("url = \"smtp://mail\"").unwrap();
    assert_eq!(config.business.name, "Acme ${x} \"quoted\" ${SMTP_URL} $5");
}

#[test]
fn a_problem_of_a_secret_value_shows_what_the_file_says_and_not_the_value() {
    for line in ["url = \"${WRONG}\"", "url = 5 # ${WRONG}", "port = \"${WRONG}\""] {
        let message = load_with(line).unwrap_err().to_string();
        assert!(message.contains("${WRONG}") && !message.contains("s3cret"), "{message}");
    }
    for line in
        ["url = \"smtp://robot:s3cret@mail", "urls = \"smtp://robot:s3cret@mail\"", "url = \"http://s3cret@mail\""]
    {
        let problems = load_with(line).unwrap_err();
        assert!(!problems.to_string().contains("s3cret"), "{problems}");
        assert!(!format!("{problems:?}").contains("s3cret"), "{problems:?}");
    }
}

#[test]
fn a_file_for_a_secret_that_is_not_there_is_a_problem() {
    let problems = load_with("url_file = \"no-such-file\"").unwrap_err();
    assert_eq!(problems.0[0].sentence, "cannot read the file \"no-such-file\": it does not exist");
}
