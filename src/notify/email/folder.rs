//! Mails as files: for trying things out, and for those who collect mail from a folder.

use std::path::Path;
use std::time::Duration;

use tokio::fs;
use tokio::io::AsyncWriteExt;

use super::{Envelope, SendFault, token};

/// Writes the mail into the folder, whole or not at all: readers never see a half-written `.eml`.
pub(super) async fn put(folder: &Path, envelope: &Envelope, bytes: &[u8], limit: Duration) -> Result<(), SendFault> {
    let name = file_name(envelope);
    let fault =
        |why: String| SendFault::passing(format!("cannot write the mail {name} to {}: {why}", folder.display()));
    match tokio::time::timeout(limit, write(folder, &name, bytes)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(fault(error.to_string())),
        Err(_) => Err(fault(format!("not done within {} s", limit.as_secs_f32()))),
    }
}

async fn write(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    fs::create_dir_all(folder).await?;
    let unfinished = folder.join(format!(".{name}.part"));
    let mut file = fs::File::create(&unfinished).await?;
    file.write_all(bytes).await?;
    file.sync_all().await?;
    fs::rename(&unfinished, folder.join(name)).await
}

/// `<day>-<list>-<recipient>-<id>.eml`. Each part is a token without separators, so the name stays in the folder.
fn file_name(envelope: &Envelope) -> String {
    let id = envelope.message_id.trim_start_matches('<').trim_end_matches('>');
    let id = id.split('@').next().unwrap_or(id);
    let list = envelope.list_id.split('.').next().unwrap_or(&envelope.list_id);
    let recipient = envelope.recipient.replace('@', "_at_");
    format!("{}-{}-{}-{}.eml", envelope.day, short(list), short(&recipient), short(id))
}

fn short(part: &str) -> String {
    token(part).chars().take(60).collect()
}
