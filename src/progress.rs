//! What goes on, shown on a terminal while it goes on: a line for each table that is read and for the rule that is
//! judged. It listens to the same events that stand in the log, draws on standard error, and leaves nothing behind.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Layer};

use crate::explore::figures::count;
use crate::sources::PROGRESS;

/// How often the lines move although nothing new is told.
const TICK: Duration = Duration::from_millis(120);

/// The lines on the terminal.
#[derive(Default)]
pub struct Display {
    lines: MultiProgress,
    /// By source and table, or by rule with an empty source.
    shown: Mutex<BTreeMap<(String, String), ProgressBar>>,
}

impl Display {
    /// Where log lines are written while the display stands: above it.
    pub fn log(&self) -> LogWriter {
        LogWriter { above: Some(self.lines.clone()) }
    }

    fn begin(&self, key: (String, String), what: String) {
        let style = ProgressStyle::with_template("{spinner} {prefix} {msg} {elapsed}");
        let bar = self.lines.add(ProgressBar::new_spinner());
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_prefix(what);
        bar.enable_steady_tick(TICK);
        if let Some(before) = self.shown().insert(key, bar) {
            before.finish_and_clear();
        }
    }

    fn shown(&self) -> std::sync::MutexGuard<'_, BTreeMap<(String, String), ProgressBar>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Subscriber> Layer<S> for Display {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != PROGRESS {
            return;
        }
        let mut told = Told::default();
        event.record(&mut told);
        let key = (told.source, if told.table.is_empty() { told.rule } else { told.table });
        match told.message.as_str() {
            "reading" => {
                let what = format!("{}: {}", crate::words::visible(&key.0), crate::words::visible(&key.1));
                self.begin(key, what);
            }
            "judging" => {
                let what = format!("judging {}", crate::words::visible(&key.1));
                self.begin(key, what);
            }
            "reached" => {
                if let Some(bar) = self.shown().get(&key) {
                    bar.set_message(format!("{} rows", count(told.rows)));
                }
            }
            "left" => self.shown().retain(|(source, _), bar| {
                let stays = *source != key.0;
                if !stays {
                    bar.finish_and_clear();
                }
                stays
            }),
            _ => {
                if let Some(bar) = self.shown().remove(&key) {
                    bar.finish_and_clear();
                }
            }
        }
    }
}

/// What an event says.
#[derive(Default)]
struct Told {
    message: String,
    source: String,
    table: String,
    rule: String,
    rows: u64,
}

impl Visit for Told {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "rows" {
            self.rows = value;
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let place = match field.name() {
            "message" => &mut self.message,
            "source" => &mut self.source,
            "table" => &mut self.table,
            "rule" => &mut self.rule,
            _ => return,
        };
        value.clone_into(place);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.message = format!("{value:?}");
        }
    }
}

/// Standard error, above the display where there is one.
#[derive(Clone, Default)]
pub struct LogWriter {
    above: Option<MultiProgress>,
}

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &self.above {
            Some(lines) => lines.suspend(|| io::stderr().write(bytes)),
            None => io::stderr().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

impl<'w> MakeWriter<'w> for LogWriter {
    type Writer = LogWriter;

    fn make_writer(&'w self) -> LogWriter {
        self.clone()
    }
}
