//! moto, the stand-in for AWS from PyPI, as a server of its own on this machine.
//!
//! Installed once below `target`, in the versions that stand here. Where there is no Python, or
//! it cannot install anything, there is no moto, and who asks for it says so.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use anyhow::{Context as _, bail};

use crate::pip;

/// What is installed.
const PACKAGES: [&str; 3] = ["moto==5.2.2", "flask==3.1.2", "flask-cors==6.0.1"];
/// How long the server may take to open its port.
const OPENING: Duration = Duration::from_secs(60);
/// What the server says once it has.
const OPENED: &str = "Running on http://127.0.0.1:";

/// A running moto; it ends when it is dropped.
#[derive(Debug)]
pub struct Moto {
    server: Child,
    port: u16,
}

impl Moto {
    /// Starts one; if that cannot be, says why in one line.
    pub async fn start() -> Option<Self> {
        match Self::try_start().await {
            Ok(moto) => Some(moto),
            Err(why) => {
                eprintln!("not tested against moto, which is not to be had here: {why:#}");
                None
            }
        }
    }

    async fn try_start() -> anyhow::Result<Self> {
        let tools = pip::installed("moto", PACKAGES.to_vec()).await.map_err(anyhow::Error::msg)?;
        let mut server = Command::new(tools.join(".venv/bin/moto_server"))
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("it does not start")?;
        let said = server.stderr.take().context("its voice")?;
        let (found, port) = mpsc::channel();
        // Reads on to the end, so that the server never waits for a reader.
        thread::spawn(move || {
            for line in BufReader::new(said).lines().map_while(Result::ok) {
                if let Some(port) = line.split(OPENED).nth(1) {
                    let _ = found.send(port.trim().parse::<u16>());
                }
            }
        });
        match port.recv_timeout(OPENING) {
            Ok(Ok(port)) => Ok(Self { server, port }),
            _ => {
                let _ = server.kill();
                let _ = server.wait();
                bail!("it does not open a port")
            }
        }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
