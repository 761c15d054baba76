//! A network that breaks: a proxy that passes on so many bytes of the server's answers, and then cuts the connection.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A proxy before one server. Every connection through it is cut after the same number of bytes.
pub struct Proxy {
    pub port: u16,
    passed: Arc<AtomicU64>,
}

impl Proxy {
    /// Passes on `bytes` of each connection's answers.
    pub fn cutting_after(server: &str, bytes: u64) -> Proxy {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (server, passed) = (server.to_owned(), Arc::new(AtomicU64::new(0)));
        let counted = Arc::clone(&passed);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(answering) = TcpStream::connect(&server) else { return };
                let (from, to) = (client.try_clone().unwrap(), answering.try_clone().unwrap());
                std::thread::spawn(move || pass(from, to, u64::MAX, &AtomicU64::new(0)));
                let counted = Arc::clone(&counted);
                std::thread::spawn(move || pass(answering, client, bytes, &counted));
            }
        });
        Proxy { port, passed }
    }

    /// Bytes of answers that were passed on, over all connections.
    pub fn passed(&self) -> u64 {
        self.passed.load(Ordering::Relaxed)
    }
}

/// Passes bytes on until `limit`, then cuts both ways.
fn pass(mut from: TcpStream, mut to: TcpStream, limit: u64, counted: &AtomicU64) {
    let (mut left, mut buffer) = (limit, [0; 4096]);
    while left > 0 {
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let Ok(count @ 1..) = from.read(&mut buffer[..wanted]) else { break };
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
        counted.fetch_add(count as u64, Ordering::Relaxed);
        left -= count as u64;
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
