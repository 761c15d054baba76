//! The config file to begin with.

use std::fmt::Write;

use super::table_file::{comment, quoted};
use crate::config::{Source, SourceKind};

/// What is known of the business.
#[derive(Clone, Debug)]
pub struct Business {
    pub name: String,
    pub zone: chrono_tz::Tz,
    pub currency: String,
}

/// A source, and what was found in it without a table file of its own.
#[derive(Clone, Debug)]
pub struct Found {
    pub source: Source,
    /// As the config writes its path, for files.
    pub path: String,
    pub left_out: Vec<String>,
}

/// The environment variable that holds a source's URL.
pub fn variable(source: &str) -> String {
    let name: String =
        source.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    let first_digit = name.starts_with(|first: char| first.is_ascii_digit());
    format!("{}{name}_URL", if first_digit { "_" } else { "" })
}

/// The text of `config/tieout.toml`. URLs are never written: they hold passwords.
pub fn text(business: &Business, sources: &[Found], has_rules: bool) -> String {
    let mut text = format!(
        "# tieout's main file: who you are, where your systems stand, what runs when, and who is told.\n\
         #\n\
         # Go from top to bottom, then look at config/tables/ (one file per table that is read) and rules/ (one file per\n\
         # thing that must hold). A mistake is answered with its file and line:   tieout check\n\
         # Secrets are never written here: ${{NAME}} is taken from the environment when tieout is started.\n\
         # Relative paths start at the folder that holds config/.\n\n\
         [business]\nname     = {}\nzone     = {}    # decides when a day begins\n\
         currency = {}    # of money columns that name no currency of their own\n\
         language = \"zh\"    # zh or en, where nothing narrower says otherwise\n\n\
         # Where tieout keeps what it found and what became of it: the only thing it ever writes to.\n\
         [store]\nurl = \"sqlite:var/tieout.db\"\n\n\
         # The systems that are read, and never written to. `zone` is that of times written without one.\n",
        quoted(&business.name),
        quoted(business.zone.name()),
        quoted(&business.currency)
    );
    if sources.is_empty() {
        text.push_str(
            "# To see what a source holds, and to get table files and rules for it:\n\
             #   tieout explore postgres://…     tieout init NEW_FOLDER --source postgres://…\n\
             #\n# [sources.erp]\n# kind = \"postgres\"           # or mysql\n# url  = \"${ERP_URL}\"\n\
             #\n# [sources.exports]\n# kind = \"files\"              # a folder of CSV and Parquet files\n# path = \"exports\"\n",
        );
    }
    for found in sources {
        source(&mut text, found);
    }
    text.push_str(
        "\n# What runs when: minute, hour, day of month, month, weekday. Here at 08:30 on Monday to Friday.\n\
         # `rules` are names of files in rules/ without their ending; * stands for anything.\n",
    );
    let comment_out = if has_rules { "" } else { "# " };
    if !has_rules {
        text.push_str("# There is no rule yet; with the first one, take the signs before these lines away.\n");
    }
    for line in ["[jobs.daily]", "schedule = \"30 8 * * mon-fri\"", "rules    = [\"*\"]"] {
        let _ = writeln!(text, "{comment_out}{line}");
    }
    text.push_str(
        "\n# Who acts. A rule names a department as its `owner`; its people get one mail with everything that is theirs.\n\
         [departments.finance]\ntitle      = { en = \"Finance\", zh = \"财务部\" }\nrecipients = []    # \"anna@company.example\"\n\n\
         [departments.warehouse]\ntitle      = { en = \"Warehouse\", zh = \"仓储部\" }\nrecipients = []\n\n\
         [departments.sales]\ntitle      = { en = \"Sales\", zh = \"销售部\" }\nrecipients = []\n\n\
         # How mail leaves; without this section nobody is written to.\n# [mail]\n# from      = \"tieout@company.example\"\n\
         # transport = \"smtp\"\n# url       = \"${SMTP_URL}\"    # smtp://user:password@host:587 or smtps://…\n",
    );
    text
}

fn source(text: &mut String, found: &Found) {
    let Found { source, path, left_out } = found;
    let _ = writeln!(text, "\n[sources.{}]", key_name(&source.name));
    let (kind, place) = match &source.kind {
        SourceKind::Sqlite { .. } => ("sqlite", format!("path = {}", quoted(path))),
        SourceKind::Files { .. } => ("files", format!("path = {}", quoted(path))),
        SourceKind::Postgres { .. } => ("postgres", format!("url  = \"${{{}}}\"", variable(&source.name))),
        SourceKind::Mysql { .. } => ("mysql", format!("url  = \"${{{}}}\"", variable(&source.name))),
    };
    let _ = writeln!(text, "kind = \"{kind}\"\n{place}\nzone = {}", quoted(source.zone.name()));
    if !left_out.is_empty() {
        let names = left_out.iter().map(|name| comment(name)).collect::<Vec<_>>().join(", ");
        let _ =
            writeln!(text, "# Without a table file: {names}.\n# `tieout explore {} TABLE` prints one.", source.name);
    }
}

fn key_name(name: &str) -> String {
    let bare = name.bytes().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, b'_' | b'-'));
    if bare { name.to_owned() } else { quoted(name) }
}
