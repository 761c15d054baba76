//! What all pages share: the frame around them, the reader's language, how moments and money are written, and the
//! pages for what went wrong.

use std::fmt::Write as _;

use askama::Template;
use axum::http::{StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};

use super::WebState;
use crate::audit::amount::{Amount, Purse};
use crate::config::Config;
use crate::language::Language;
use crate::store::StoreError;
use crate::words;

/// What went wrong with a page. Its reader is told what to do; the log is told why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    NotFound,
    WrongMethod,
    WrongHost,
    Internal,
    StoreDown,
}

#[derive(Template)]
#[template(path = "fault.html", config = "src/web/askama.toml")]
struct FaultPage {
    code: u16,
    zh: &'static str,
    en: &'static str,
}

impl Fault {
    /// Both languages at once: a request that failed may not even say which one it wanted.
    pub fn page(self) -> String {
        let (code, zh, en) = match self {
            Fault::NotFound => (404, "这里没有内容。", "There is nothing here."),
            Fault::WrongMethod => (405, "本页面只能查看。", "These pages can only be read."),
            Fault::WrongHost => (421, "请用配置的地址访问。", "Please use the configured address."),
            Fault::Internal => {
                (500, "页面出错了，原因已写入服务日志。", "This page failed. The service's log says why.")
            }
            Fault::StoreDown => {
                (503, "暂时读不到数据，请稍后再试。", "The data cannot be read right now. Please try again later.")
            }
        };
        FaultPage { code, zh, en }.render().unwrap_or_else(|_| format!("{zh}\n{en}\n"))
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        (self.code(), [(header::CONTENT_TYPE, "text/html; charset=utf-8")], self.page()).into_response()
    }
}

impl Fault {
    fn code(self) -> StatusCode {
        match self {
            Fault::NotFound => StatusCode::NOT_FOUND,
            Fault::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Fault::WrongHost => StatusCode::MISDIRECTED_REQUEST,
            Fault::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Fault::StoreDown => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// The log hears the whole chain, the reader none of it.
impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        match error {
            StoreError::NoException { .. } | StoreError::Refused(_) => Fault::NotFound,
            error => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(%error, cause, "a page could not read the store");
                Fault::StoreDown
            }
        }
    }
}

pub async fn not_found() -> Fault {
    Fault::NotFound
}

pub async fn wrong_method() -> Fault {
    Fault::WrongMethod
}

pub fn html(template: &impl Template) -> Result<Html<String>, Fault> {
    template.render().map(Html).map_err(|error| {
        tracing::error!(%error, "a page could not be rendered");
        Fault::Internal
    })
}

/// What surrounds a page's content.
pub struct Frame {
    pub language: Language,
    /// The language a page has when its address names none.
    default: Language,
    pub title: String,
    pub business: String,
    pub here: &'static str,
    /// This page in the other language.
    pub other: String,
    pub now: String,
    pub zone: String,
}

impl Frame {
    /// For the page at `path` with its own `query` pairs, which the link to the other language keeps.
    pub fn new(state: &WebState, query: &Query, here: &'static str, path: &str, title: (&str, &str)) -> Frame {
        let business = &state.config.business;
        let language = query.language().unwrap_or(business.language);
        let other = match language {
            Language::Zh => Language::En,
            Language::En => Language::Zh,
        };
        let kept = query.0.iter().filter(|(name, _)| name != "lang").cloned();
        let lang = (other != business.language).then(|| ("lang".to_owned(), other.code().to_owned()));
        let title = if language == Language::En { title.0 } else { title.1 };
        Frame {
            language,
            default: business.language,
            title: title.to_owned(),
            business: business.name.clone(),
            here,
            other: link(path, kept.chain(lang)),
            now: moment(state.clock.now(), &state.config),
            zone: business.zone.name().to_owned(),
        }
    }

    /// The text in the reader's language.
    pub fn t<'a>(&self, en: &'a str, zh: &'a str) -> &'a str {
        match self.language {
            Language::En => en,
            Language::Zh => zh,
        }
    }

    pub fn html_lang(&self) -> &'static str {
        match self.language {
            Language::En => "en",
            Language::Zh => "zh-CN",
        }
    }

    /// The language's code, where links must carry it.
    pub fn lang(&self) -> Option<&'static str> {
        (self.language != self.default).then(|| self.language.code())
    }

    /// What a link without own parameters ends with.
    pub fn suffix(&self) -> String {
        self.lang().map(|code| format!("?lang={code}")).unwrap_or_default()
    }
}

/// The pairs of a request's query, as sent. What cannot be read as a query is none.
#[derive(Clone, Debug, Default)]
pub struct Query(pub Vec<(String, String)>);

impl Query {
    pub fn of(uri: &Uri) -> Query {
        let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri);
        Query(pairs.map(|pairs| pairs.0).unwrap_or_default())
    }

    /// The last value given for `name`, unless it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.trim());
        value.filter(|value| !value.is_empty())
    }

    fn language(&self) -> Option<Language> {
        match self.get("lang") {
            Some("zh") => Some(Language::Zh),
            Some("en") => Some(Language::En),
            _ => None,
        }
    }
}

/// `path` with a query made of `pairs`, without the empty ones.
pub fn link(path: &str, pairs: impl IntoIterator<Item = (String, String)>) -> String {
    let mut href = path.to_owned();
    for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
        href.push(if href.len() == path.len() { '?' } else { '&' });
        let _ = write!(href, "{}={}", encode(&name), encode(&value));
    }
    href
}

/// Percent-encodes everything but the letters, digits and marks that no URL part gives a meaning to.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// A moment to the minute, in the business's zone.
pub fn moment(at: DateTime<Utc>, config: &Config) -> String {
    at.with_timezone(&config.business.zone).format("%Y-%m-%d %H:%M").to_string()
}

/// The business day of a moment.
pub fn day(at: DateTime<Utc>, config: &Config) -> NaiveDate {
    at.with_timezone(&config.business.zone).date_naive()
}

/// A figure of money for people: at least two decimals, and none beyond that without a meaning.
pub fn figure(amount: Amount) -> String {
    let amount = amount.normalised();
    words::figure(if amount.scale() < 2 { amount.rescale(2).unwrap_or(amount) } else { amount })
}

/// Money for people, with its currency.
pub fn money(currency: &str, amount: Amount) -> String {
    format!("{currency} {}", figure(amount))
}

/// One figure per currency, or the words for money that is not known.
pub fn purse(purse: &Purse, frame: &Frame) -> Vec<String> {
    if purse.is_empty() {
        return vec![frame.t("unpriced", "未计价").to_owned()];
    }
    purse.iter().map(|(currency, amount)| money(currency, amount)).collect()
}

/// A department's title in the reader's language; its name where the config no longer knows it.
pub fn department(name: &str, config: &Config, language: Language) -> String {
    let title = config.departments.get(name).map(|department| department.title.get(language));
    title.filter(|title| !title.is_empty()).unwrap_or(name).to_owned()
}
