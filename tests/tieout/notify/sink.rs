//! A mail server that keeps what it is sent, and misbehaves on request.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// How the server behaves.
#[derive(Clone, Debug, Default)]
pub struct Manners {
    pub encryption: Encryption,
    /// Signing in is offered by these words, and needed before a mail: `PLAIN`, `LOGIN`.
    pub sign_in: Option<&'static str>,
    /// Said in place of the usual answer to a command; an empty answer is silence.
    pub instead: Vec<(&'static str, &'static str)>,
    /// Hangs up without a word after this command (`.` is the end of a mail).
    pub hangs_up_after: Option<&'static str>,
    /// Hangs up after every mail it took.
    pub one_mail_each: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encryption {
    #[default]
    None,
    StartTls,
    Wrapper,
}

/// One mail as it arrived.
#[derive(Clone, Debug, Default)]
pub struct Received {
    pub from: String,
    pub to: Vec<String>,
    pub data: String,
    pub signed_in: Option<(String, String)>,
    pub encrypted: bool,
}

/// The running server.
pub struct Sink {
    pub port: u16,
    received: Arc<Mutex<Vec<Received>>>,
    connections: Arc<Mutex<usize>>,
    /// Holds the authority that signed the server's certificate.
    pub ca_file: PathBuf,
    _folder: tempfile::TempDir,
}

impl Sink {
    pub async fn start(manners: Manners) -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let ca_file = folder.path().join("ca.pem");
        let (authority, acceptor) = certificate();
        std::fs::write(&ca_file, authority).unwrap();
        let (received, connections) = (Arc::default(), Arc::new(Mutex::new(0)));
        let sink = Sink { port, received, connections, ca_file, _folder: folder };
        let (received, connections) = (sink.received.clone(), sink.connections.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).unwrap();
                *connections.lock().unwrap() += 1;
                let (manners, received, acceptor) = (manners.clone(), received.clone(), acceptor.clone());
                tokio::spawn(serve(stream, manners, received, acceptor));
            }
        });
        sink
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

/// An authority (PEM), and a server that shows a certificate of it for 127.0.0.1.
fn certificate() -> (String, TlsAcceptor) {
    let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = rcgen::CertifiedIssuer::self_signed(params, rcgen::KeyPair::generate().unwrap()).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &authority).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .unwrap();
    (authority.pem(), TlsAcceptor::from(Arc::new(config)))
}

async fn serve(stream: TcpStream, manners: Manners, received: Arc<Mutex<Vec<Received>>>, acceptor: TlsAcceptor) {
    let wrapper = manners.encryption == Encryption::Wrapper;
    let mut talk = Talk { manners, received, mail: Received { encrypted: wrapper, ..Received::default() } };
    if wrapper {
        if let Ok(stream) = acceptor.accept(stream).await {
            talk.converse(&mut BufStream::new(stream), true).await;
        }
        return;
    }
    let mut plain = BufStream::new(stream);
    if talk.converse(&mut plain, true).await == Ending::StartTls
        && let Ok(stream) = acceptor.accept(plain.into_inner()).await
    {
        talk.mail.encrypted = true;
        talk.converse(&mut BufStream::new(stream), false).await;
    }
}

#[derive(PartialEq, Eq)]
enum Ending {
    StartTls,
    Over,
}

struct Talk {
    manners: Manners,
    received: Arc<Mutex<Vec<Received>>>,
    mail: Received,
}

impl Talk {
    async fn converse<S: AsyncRead + AsyncWrite + Unpin>(&mut self, stream: &mut BufStream<S>, greet: bool) -> Ending {
        if greet && !self.answer(stream, "GREETING", "220 sink ready").await {
            return Ending::Over;
        }
        while let Some(line) = read(stream).await {
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
            let usual = match verb.as_str() {
                "EHLO" => self.offers(),
                "AUTH" => match self.sign_in(stream, &line).await {
                    Some(answer) => answer,
                    None => return Ending::Over,
                },
                "MAIL" if self.manners.sign_in.is_some() && self.mail.signed_in.is_none() => "530 sign in first".into(),
                "MAIL" => {
                    self.mail.from = line;
                    self.mail.to.clear();
                    "250 ok".into()
                }
                "RCPT" => {
                    self.mail.to.push(line);
                    "250 ok".into()
                }
                "DATA" => {
                    if !self.answer(stream, "DATA", "354 go on").await {
                        return Ending::Over;
                    }
                    if self.manners.instead.iter().any(|(verb, _)| *verb == "DATA") {
                        continue;
                    }
                    let Some(data) = body(stream).await else { return Ending::Over };
                    self.mail.data = data;
                    if self.manners.hangs_up_after == Some(".") {
                        return Ending::Over;
                    }
                    if !self.manners.instead.iter().any(|(verb, _)| *verb == ".") {
                        self.received.lock().unwrap().push(self.mail.clone());
                    }
                    if !self.answer(stream, ".", "250 kept").await || self.manners.one_mail_each {
                        return Ending::Over;
                    }
                    continue;
                }
                "NOOP" | "RSET" => "250 ok".into(),
                "STARTTLS" => {
                    self.answer(stream, "STARTTLS", "220 go on").await;
                    return Ending::StartTls;
                }
                "QUIT" => {
                    self.answer(stream, "QUIT", "221 bye").await;
                    return Ending::Over;
                }
                _ => "500 what".into(),
            };
            if !self.answer(stream, &verb, &usual).await {
                return Ending::Over;
            }
        }
        Ending::Over
    }

    fn offers(&self) -> String {
        let mut offers = vec!["250-sink".to_owned()];
        if self.manners.encryption == Encryption::StartTls && !self.mail.encrypted {
            offers.push("250-STARTTLS".to_owned());
        }
        if let Some(mechanisms) = self.manners.sign_in {
            offers.push(format!("250-AUTH {mechanisms}"));
        }
        offers.push("250 8BITMIME".to_owned());
        offers.join("\r\n")
    }

    /// Takes user and password by AUTH PLAIN or AUTH LOGIN; whoever says `secret` is let in.
    async fn sign_in<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        stream: &mut BufStream<S>,
        line: &str,
    ) -> Option<String> {
        let words: Vec<&str> = line.split(' ').collect();
        let (user, password) = if words[1] == "PLAIN" {
            let said = base64(words[2]);
            let parts: Vec<&str> = said.split('\0').collect();
            (parts[1].to_owned(), parts[2].to_owned())
        } else {
            write(stream, "334 VXNlcm5hbWU6").await;
            let user = base64(&read(stream).await?);
            write(stream, "334 UGFzc3dvcmQ6").await;
            (user, base64(&read(stream).await?))
        };
        if password != "s@cret/?" {
            return Some(format!("535 5.7.8 no such user {user} with password {password}"));
        }
        self.mail.signed_in = Some((user, password));
        Some("235 welcome".to_owned())
    }

    /// Says the usual answer or the one said instead of it; `false` when the conversation is over.
    async fn answer<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut BufStream<S>,
        verb: &str,
        usual: &str,
    ) -> bool {
        let instead = self.manners.instead.iter().find(|(command, _)| *command == verb).map(|(_, answer)| *answer);
        match instead {
            Some("") => std::future::pending().await,
            Some(answer) => write(stream, answer).await,
            None => write(stream, usual).await,
        }
        self.manners.hangs_up_after != Some(verb)
    }
}

async fn write<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufStream<S>, line: &str) {
    // A client that has left is noticed at the next read.
    let _ = stream.write_all(format!("{line}\r\n").as_bytes()).await;
    let _ = stream.flush().await;
}

async fn read<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufStream<S>) -> Option<String> {
    let mut line = Vec::new();
    let length = stream.read_until(b'\n', &mut line).await.ok()?;
    (length > 0).then(|| String::from_utf8(line).unwrap().trim_end_matches(['\r', '\n']).to_owned())
}

/// A mail up to its lone dot, with doubled dots undone.
async fn body<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufStream<S>) -> Option<String> {
    let mut data = String::new();
    loop {
        let line = read(stream).await?;
        if line == "." {
            return Some(data);
        }
        data.push_str(line.strip_prefix('.').unwrap_or(&line));
        data.push_str("\r\n");
    }
}

/// Decodes base64 that holds text.
pub fn base64(text: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.bytes().filter_map(|byte| LETTERS.iter().position(|letter| *letter == byte));
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0u32, 0usize);
    for digit in digits {
        held = (held << 6) | digit;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
            held &= (1 << bits) - 1;
        }
    }
    String::from_utf8(bytes).expect("base64 of text")
}
