//! The sections of `tieout.toml` that stand alone: business, store, serve, limits, mail, departments.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;

use chrono::{NaiveDate, NaiveTime};

use super::values::{LANGUAGES, address, path, secret, zone};
use super::{Business, Department, Limits, Mail, Secret, Serve, Transport};
use crate::audit::calendar::Calendar;
use crate::audit::rulebook::is_currency_code;
use crate::language::{Bilingual, Language};
use crate::problem::{Node, Section};

pub(super) fn business(root: &Section<'_>) -> Option<Business> {
    let accepted = "a section [business] with name, zone and currency";
    let section = root.need("business", accepted)?.section()?;
    let name = section.need("name", "the company's name").and_then(|node| node.filled());
    let zone = section.need("zone", "an IANA name such as Asia/Shanghai").and_then(|node| zone(&node));
    let currency = section.need("currency", "a code such as CNY").and_then(|node| {
        let code = node.filled()?;
        if !is_currency_code(&code) {
            node.problem(format!("{} is no currency code", node.written()), "three capital letters such as CNY");
            return None;
        }
        Some(code)
    });
    let language = section.get("language").map_or(Some(Language::default()), |node| node.one_of(&LANGUAGES));
    let holidays = section.get("holidays").map_or_else(|| Some(BTreeSet::new()), |node| days(&node));
    let workdays = section.get("workdays");
    let both = workdays.clone();
    let workdays = workdays.map_or_else(|| Some(BTreeSet::new()), |node| days(&node));
    if let (Some(node), Some(holidays), Some(workdays)) = (both, &holidays, &workdays)
        && let Some(day) = holidays.intersection(workdays).next()
    {
        node.problem(format!("{day} is a holiday and a workday"), "each day in one of the lists");
    }
    section.finish();
    let calendar = Calendar { holidays: holidays?, workdays: workdays? };
    Some(Business { name: name?, zone: zone?, currency: currency?, language: language?, calendar })
}

fn days(node: &Node<'_>) -> Option<BTreeSet<NaiveDate>> {
    // All days are read before the first faulty one ends the list.
    let days: Vec<Option<NaiveDate>> = node.list(0)?.iter().map(Node::date).collect();
    days.into_iter().collect()
}

/// The store's URL with its path made absolute to `root`.
pub(super) fn store(section: &Section<'_>, root: &Path) -> Option<Secret> {
    const DEFAULT: &str = "var/tieout.db";
    let at = |path: &str| Secret::new(format!("sqlite:{}", root.join(path).display()));
    let Some(node) = section.get("store") else { return Some(at(DEFAULT)) };
    let section = node.section()?;
    let url = secret(&section, "url", root);
    section.finish();
    let Some((url, node)) = url? else { return Some(at(DEFAULT)) };
    let accepted = "sqlite: and a path, such as \"sqlite:var/tieout.db\"";
    let Some(path) = url.expose().strip_prefix("sqlite:") else {
        let later = ["postgres:", "postgresql:"].iter().any(|scheme| url.expose().starts_with(scheme));
        let sentence = if later {
            "a store in PostgreSQL comes with a later version"
        } else {
            "the store's URL is of no kind that is known"
        };
        node.problem(sentence, accepted);
        return None;
    };
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.contains(":memory:") {
        node.problem("the store must be a file: exceptions outlive a run", accepted);
        return None;
    }
    Some(at(path))
}

pub(super) fn serve(root: &Section<'_>) -> Option<Serve> {
    let standard = SocketAddr::from(([127, 0, 0, 1], 8321));
    let usual = |listen: SocketAddr| format!("http://{listen}");
    let Some(node) = root.get("serve") else {
        return Some(Serve { listen: standard, base_url: usual(standard) });
    };
    let section = node.section()?;
    let listen = section.get("listen").map_or(Some(standard), |node| listen(&node));
    let base_url = section.get("base_url").map(|node| {
        let url = node.filled()?;
        let host = ["https://", "http://"].iter().find_map(|scheme| url.strip_prefix(scheme));
        if host.is_none_or(|host| host.is_empty() || host.contains(char::is_whitespace)) {
            node.problem(format!("{} is no address of a page", node.written()), "https://… or http://…");
            return None;
        }
        Some(url.trim_end_matches('/').to_owned())
    });
    section.finish();
    let listen = listen?;
    Some(Serve { listen, base_url: base_url.unwrap_or_else(|| Some(usual(listen)))? })
}

/// A loopback address: anybody who reaches the pages may use them, until there is sign-in.
fn listen(node: &Node<'_>) -> Option<SocketAddr> {
    let accepted = "an address of this machine alone, such as 127.0.0.1:8321";
    let Ok(address) = node.filled()?.parse::<SocketAddr>() else {
        node.problem(format!("{} is no address with a port", node.written()), accepted);
        return None;
    };
    if !address.ip().is_loopback() {
        let sentence = "everybody who reaches this address could use the pages, because sign-in does not exist yet";
        node.problem(sentence, accepted);
        return None;
    }
    Some(address)
}

pub(super) fn limits(root: &Section<'_>) -> Option<Limits> {
    let usual = Limits::default();
    let Some(node) = root.get("limits") else { return Some(usual) };
    let section = node.section()?;
    let count = |key, usual: u64| section.get(key).map_or(Some(usual), |node| node.count(1));
    let size = |key, usual: usize| {
        section.get(key).map_or(Some(usual), |node| node.small_count(1).and_then(|count| usize::try_from(count).ok()))
    };
    let time = |key, usual| section.get(key).map_or(Some(usual), |node| node.duration());
    let flood = count("flood", usual.flood);
    let evidence_rows = size("evidence_rows", usual.evidence_rows);
    let diagnosed = section
        .get("diagnosed")
        .map_or(Some(usual.diagnosed), |node| node.small_count(0).and_then(|count| usize::try_from(count).ok()));
    let mail_rows = size("mail_rows", usual.mail_rows);
    let page_rows = size("page_rows", usual.page_rows);
    let attempts = section.get("delivery_attempts").map_or(Some(usual.delivery_attempts), |node| node.small_count(1));
    let send_timeout = time("send_timeout", usual.send_timeout);
    let connect_timeout = time("connect_timeout", usual.connect_timeout);
    let turn_timeout = time("turn_timeout", usual.turn_timeout);
    let lock_timeout = time("lock_timeout", usual.lock_timeout);
    let pull_timeout = time("pull_timeout", usual.pull_timeout);
    let pull_rows = count("pull_rows", usual.pull_rows);
    let max_skew = time("max_skew", usual.max_skew);
    let max_clock_offset = time("max_clock_offset", usual.max_clock_offset);
    section.finish();
    Some(Limits {
        flood: flood?,
        evidence_rows: evidence_rows?,
        diagnosed: diagnosed?,
        mail_rows: mail_rows?,
        page_rows: page_rows?,
        delivery_attempts: attempts?,
        send_timeout: send_timeout?,
        connect_timeout: connect_timeout?,
        turn_timeout: turn_timeout?,
        lock_timeout: lock_timeout?,
        pull_timeout: pull_timeout?,
        pull_rows: pull_rows?,
        max_skew: max_skew?,
        max_clock_offset: max_clock_offset?,
    })
}

/// The outer `None` says that the section is wrong.
pub(super) fn mail(root: &Section<'_>, folder: &Path) -> Option<Option<Mail>> {
    let Some(node) = root.get("mail") else { return Some(None) };
    let section = node.section()?;
    let from = section.need("from", "the address mails come from").and_then(|node| address(&node));
    let kind = section.need("transport", "\"smtp\" or \"folder\"");
    let kind = kind.and_then(|node| node.one_of(&[("smtp", true), ("folder", false)]));
    let transport = match kind? {
        true => smtp(&section, folder),
        false => {
            let accepted = "the folder that mails are written to";
            let path = section.need("path", accepted).and_then(|node| path(&node, folder));
            path.map(|path| Transport::Folder { path })
        }
    };
    section.finish();
    Some(Some(Mail { from: from?, transport: transport? }))
}

fn smtp(section: &Section<'_>, folder: &Path) -> Option<Transport> {
    let Some((url, node)) = secret(section, "url", folder)? else {
        section.problem("the mail server is missing", "url = \"${SMTP_URL}\" or url_file = \"…\"");
        return None;
    };
    if !["smtp://", "smtps://"].iter().any(|scheme| url.expose().starts_with(scheme)) {
        node.problem("this is no URL of a mail server", "smtp://… or smtps://…");
        return None;
    }
    let ca_file = section.get("ca_file").map_or(Some(None), |node| path(&node, folder).map(Some))?;
    Some(Transport::Smtp { url, ca_file })
}

pub(super) fn department(name: &str, node: &Node<'_>, language: Language) -> Option<Department> {
    let sound = node.check_name(name, true);
    let section = node.section()?;
    let title = section.get("title").map_or_else(|| Some(Bilingual::same(name)), |node| node.bilingual());
    let recipients = section.get("recipients").map_or(Some(Vec::new()), |node| {
        let addresses: Vec<_> = node.texts(0)?.iter().map(|(_, node)| address(node)).collect();
        addresses.into_iter().collect()
    });
    let language = section.get("language").map_or(Some(language), |node| node.one_of(&LANGUAGES));
    let digest = section.get("digest").map_or(Some(None), |node| {
        let time = NaiveTime::parse_from_str(&node.filled()?, "%H:%M").ok();
        if time.is_none() {
            node.problem(format!("{} is no time of day", node.written()), "hours and minutes such as \"08:30\"");
        }
        time.map(Some)
    });
    section.finish();
    let (title, recipients, language, digest) = (title?, recipients?, language?, digest?);
    sound.then_some(Department { name: name.to_owned(), title, recipients, language, digest })
}
