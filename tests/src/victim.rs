//! The host that is killed, or looked at from outside: a process of its own, always on the same
//! data and at the same port. Whoever starts one has a command `host` that is the `jackfield`
//! command.

use std::{net::TcpListener, path::PathBuf, process::Stdio};

use anyhow::{Context as _, bail};
use jackfield::clock::{Clock as _, SystemClock};
use tokio::process::{Child, Command};

use crate::{
    house::House,
    sender::{Delivery, Lane},
};

/// How long a host may take to open its doors.
const OPENING_MS: u64 = 30_000;
/// How often it is looked whether it has.
const GLANCE_MS: u64 = 5;

/// A host on the data of a [`House`] that was stopped.
#[derive(Debug)]
pub struct Victim {
    program: PathBuf,
    data: String,
    key: String,
    ingress: String,
    log: &'static str,
    /// The endpoint of its connection.
    pub url: String,
}

impl Victim {
    /// `endpoint` is the URL at which a webhook of the stopped host arrived.
    ///
    /// # Errors
    /// It is no endpoint, or there is no free port.
    pub fn of(house: &House, endpoint: &str) -> anyhow::Result<Self> {
        let path = endpoint.split_once("/in/").context("an endpoint")?.1;
        let data = house.dir().join("data").display().to_string();
        // A port that is free now, and was not given to anybody else lately.
        let ingress = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let url = format!("http://{ingress}/in/{path}");
        let program = std::env::current_exe()?;
        Ok(Self { program, data, key: house.key_file(), ingress, log: "error", url })
    }

    /// The same from a file of its own beside the data, so that what compiles for it begins
    /// without anything that was compiled before.
    pub fn with_own_program(mut self, house: &House) -> anyhow::Result<Self> {
        let own = house.dir().join("victim");
        // Another file system has no second name for it.
        std::fs::hard_link(&self.program, &own)
            .or_else(|_| std::fs::copy(&self.program, &own).map(drop))?;
        self.program = own;
        Ok(self)
    }

    /// The same without a log, where failures are what is expected of it.
    pub fn silent(self) -> Self {
        Self { log: "off", ..self }
    }

    /// Starts it, and waits until its door is open.
    pub async fn open(&self) -> anyhow::Result<Child> {
        let mut command = Command::new(&self.program);
        command
            .args(["host", "jackfield", "--data", &self.data, "--admin", "127.0.0.1:0", "serve"])
            .args(["--ingress", &self.ingress, "--master-key", &self.key])
            .args(["--log-filter", self.log])
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let mut child = command.spawn().context("the host cannot be started")?;
        let end_ms = SystemClock.now_ms() + OPENING_MS;
        let door = self.url.replace("/in/", "/door/");
        loop {
            if let Some(status) = child.try_wait()? {
                bail!("the host ended by itself: {status}");
            }
            // Any answer at all means that somebody is there.
            if Lane::new(&door)?.send(&Delivery::new("")).await.is_ok() {
                return Ok(child);
            }
            if SystemClock.now_ms() > end_ms {
                bail!("the host did not open its door in {} s", OPENING_MS / 1000);
            }
            SystemClock.sleep_until(SystemClock.now_ms() + GLANCE_MS).await;
        }
    }
}
