//! What a run says: the JSON report `tieout.run/1`, and the same as table and CSV.

use crate::metrics::RunEvent;

/// The whole answer of one run.
#[derive(Clone, Debug)]
pub struct RunReport {
    pub job: String,
}

impl RunReport {
    /// 0 all ties out, 1 exceptions, 2 something was not evaluated.
    pub fn exit_code(&self) -> u8 {
        todo!("founder: report")
    }

    /// What the run adds to the metrics.
    pub fn event(&self) -> RunEvent {
        todo!("founder: report")
    }
}
