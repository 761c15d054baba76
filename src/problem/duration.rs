//! Lengths of time as people write them in a file.

use std::time::Duration;

use super::Node;

impl Node<'_> {
    /// `90s`, `10m` or `2h`, and not nothing.
    pub fn duration(&self) -> Option<Duration> {
        let text = self.filled()?;
        let unit = |letter| match letter {
            's' => Some(1),
            'm' => Some(60),
            'h' => Some(3_600),
            _ => None,
        };
        let seconds = text.chars().next_back().and_then(unit).and_then(|unit| {
            let number: u64 = text[..text.len() - 1].parse().ok()?;
            number.checked_mul(unit).filter(|seconds| *seconds > 0 && *seconds <= u64::from(u32::MAX))
        });
        if seconds.is_none() {
            self.problem(
                format!("{} is no duration", self.written()),
                "a number with s, m or h: \"90s\", \"10m\", \"2h\"",
            );
        }
        seconds.map(Duration::from_secs)
    }
}
