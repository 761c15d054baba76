//! Private database servers, each started once for all tests and gone with the process that tests.
//!
//! A PostgreSQL that `PGHOST` and its companions name is used instead of a private one, as is a MariaDB or
//! a MySQL that `MYSQL_HOST` names; tests that kill a server always start their own. Where tools must be there (`CI=true`, or
//! `TIEOUT_REQUIRE_TOOLS` is set), a missing server fails the test; elsewhere the test says that it was skipped.

mod mariadb;
mod postgres;
pub mod proxy;
mod work;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub use mariadb::{Mariadb, Shop, mariadb, numbers};
pub use postgres::{Database, Postgres, postgres};

/// How long a server may take until it answers.
const PATIENCE: Duration = Duration::from_secs(60);
/// The password of every login of a private server.
pub const PASSWORD: &str = "s3cret";

/// A server of our own. It ends when its standard input does, which is when this process does, however that ends.
pub struct Process {
    shell: Child,
    pub dir: TempDir,
}

impl Process {
    /// Starts `command` as `user`, watched by a shell that kills it when nobody holds the shell's input any more.
    fn start(user: Option<&str>, dir: TempDir, command: &[&str]) -> Process {
        let watch = "\"$@\" >\"$0/log\" 2>&1 & server=$!; echo $server >\"$0/server.pid\"; read -r nothing; \
                     kill -QUIT $server; sleep 1; kill -KILL $server; wait; rm -rf \"$0\"";
        let place = dir.path().to_str().unwrap().to_owned();
        let arguments = [&["sh", "-c", watch, &place], command].concat();
        let shell = as_user(user, &arguments).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        Process { shell, dir }
    }

    /// What ends the server as a power cut would.
    fn killer(&self) -> impl Fn() + Send + use<> {
        let id = std::fs::read_to_string(self.dir.path().join("server.pid")).unwrap();
        move || run(None, &["kill", "-KILL", id.trim()])
    }

    /// What the server said.
    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// Waits until the server answers.
    fn wait(&mut self, answers: impl Fn() -> bool) {
        let began = Instant::now();
        while !answers() {
            assert!(began.elapsed() < PATIENCE, "the server does not answer: {}", self.log());
            assert!(self.shell.try_wait().unwrap().is_none(), "the server ended: {}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

/// `arguments` as a command of `user`, or of the one who tests.
fn as_user(user: Option<&str>, arguments: &[&str]) -> Command {
    let arguments = match user {
        Some(user) => [&["runuser", "-u", user, "--"], arguments].concat(),
        None => arguments.to_vec(),
    };
    let mut command = Command::new(arguments[0]);
    command.args(&arguments[1..]);
    command
}

/// Runs a command to its end.
fn run(user: Option<&str>, arguments: &[&str]) {
    let output = as_user(user, arguments).output().unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() || arguments[0] == "kill", "{arguments:?}: {said}");
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// A server's program, on the `PATH` or where Debian keeps it beside others of its kind.
fn program(name: &str, elsewhere: &Path, package: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut versions: Vec<PathBuf> =
        std::fs::read_dir(elsewhere).into_iter().flatten().map(|entry| entry.unwrap().path().join("bin")).collect();
    versions.sort();
    folders.extend(versions.into_iter().rev());
    // Not on the path of people who are not root.
    folders.push("/usr/sbin".into());
    let found = folders.into_iter().map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        let required =
            std::env::var("CI").is_ok_and(|ci| ci == "true") || std::env::var_os("TIEOUT_REQUIRE_TOOLS").is_some();
        assert!(!required, "{name} is missing; install the Debian package `{package}`");
        eprintln!("skipped: {name} is missing");
    }
    found
}

/// Whether the one who tests is root, which servers refuse to run as.
fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim() == "0"
}

/// A test that is itself asynchronous cannot wait for another runtime on its own thread.
fn on_a_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join().unwrap())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A certificate for `localhost`, and the authority that signed it.
fn certificate(dir: &Path) {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    let key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_certificate = authority.self_signed(&key).unwrap();
    let issuer = Issuer::new(authority, key);
    let server_key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&server_key, &issuer).unwrap();
    fs::write(dir.join("authority.pem"), authority_certificate.pem()).unwrap();
    fs::write(dir.join("server.pem"), server.pem()).unwrap();
    fs::write(dir.join("server.key"), server_key.serialize_pem()).unwrap();
    fs::set_permissions(dir.join("server.key"), fs::Permissions::from_mode(0o600)).unwrap();
}
