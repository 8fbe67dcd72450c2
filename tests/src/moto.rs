//! moto, the stand-in for AWS from PyPI, as a server of its own on this machine.
//!
//! Installed once below `target`, in the versions that stand here. Where there is no Python, or
//! it cannot install anything, there is no moto, and who asks for it says so.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use anyhow::{Context as _, bail};

/// What is installed.
const PACKAGES: [&str; 3] = ["moto==5.2.2", "flask==3.1.2", "flask-cors==6.0.1"];
/// How long pip waits for an answer, in seconds.
const PIP_TIMEOUT_S: &str = "60";
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
    pub fn start() -> Option<Self> {
        match Self::try_start() {
            Ok(moto) => Some(moto),
            Err(why) => {
                eprintln!("not tested against moto, which is not to be had here: {why:#}");
                None
            }
        }
    }

    fn try_start() -> anyhow::Result<Self> {
        let program = installed()?;
        let mut server = Command::new(program)
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

/// The server's program, installed if it is not there.
fn installed() -> anyhow::Result<PathBuf> {
    let target = target();
    fs::create_dir_all(&target)?;
    // One process installs, the others wait for it.
    let lock = File::create(target.join("moto.lock"))?;
    lock.lock()?;
    let dir = target.join(PACKAGES.join("+").replace("==", "-"));
    let program = dir.join("bin/moto_server");
    let whole = dir.join("whole");
    if whole.exists() && program.exists() {
        return Ok(program);
    }
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(&dir))?;
    let pip = ["-m", "pip", "install", "--quiet", "--timeout", PIP_TIMEOUT_S, "--retries", "1"];
    run(Command::new(dir.join("bin/python")).args(pip).args(PACKAGES))?;
    fs::write(whole, "")?;
    Ok(program)
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let ended = command.output().with_context(|| format!("{:?}", command.get_program()))?;
    if !ended.status.success() {
        let said = String::from_utf8_lossy(&ended.stderr);
        bail!("{}", said.lines().last().unwrap_or("it failed"));
    }
    Ok(())
}

/// The directory in which cargo builds: above the program that is running.
fn target() -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    let target = own.ancestors().find(|dir| dir.ends_with("target"));
    target.map_or_else(std::env::temp_dir, Path::to_owned).join("moto")
}
