//! Compiling, in a process of its own: it neither stalls the host nor leaves its memory behind,
//! and a component that is huge once compiled takes that process down and nothing else.
//!
//! The child is this program again, with the component on standard input and the compiled code
//! on standard output. It has no data directory, no key and no network.

use std::{
    ffi::OsString,
    io::{Read, Write},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use rustix::process::{Resource, Rlimit, setrlimit};
use wasmtime::Engine;

use super::{RuntimeError, engine};

/// What follows the program's name to have it compile.
pub const COMPILE: &str = "compile-release";

/// The most memory of the compiling process, in bytes of address space.
const MEMORY_BYTES_MAX: u64 = 4 << 30;
/// The most CPU time of it, in seconds.
const CPU_S_MAX: u64 = 120;
/// How long it may take altogether.
const WALL_MAX: Duration = Duration::from_secs(180);
/// The longest compiled code, in bytes.
const COMPILED_BYTES_MAX: u64 = 512 << 20;
/// The longest complaint that is read, in bytes.
const COMPLAINT_BYTES_MAX: u64 = 4 << 10;

/// How a component is compiled.
#[derive(Debug, Clone)]
pub struct Compiler {
    program: PathBuf,
    args: Vec<OsString>,
}

impl Compiler {
    /// A program that does [`compile_here`] when it is called with these arguments.
    pub fn new(program: PathBuf, args: impl IntoIterator<Item = OsString>) -> Self {
        Self { program, args: args.into_iter().collect() }
    }

    /// The compiled form of a component. Blocks for as long as that takes.
    pub(super) fn compile(&self, component: &[u8]) -> Result<Vec<u8>, RuntimeError> {
        let failed = |why: String| RuntimeError::Compile(why);
        let mut child = Command::new(&self.program)
            .args(&self.args)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| {
                failed(format!("`{}` does not start: {error}", self.program.display()))
            })?;
        let compiled = converse(&mut child, component);
        // It has ended, or has nothing more to say.
        let _ = child.kill();
        let status = child.wait().map_err(|error| failed(error.to_string()))?;
        let (compiled, complaint) = compiled.map_err(failed)?;
        if !status.success() {
            return Err(failed(match complaint.trim() {
                "" => format!(
                    "the compiler was stopped ({status}): more than {} GiB of memory or {CPU_S_MAX} s",
                    MEMORY_BYTES_MAX >> 30
                ),
                said => said.to_owned(),
            }));
        }
        if Engine::detect_precompiled(&compiled).is_none() {
            return Err(failed("the compiler answered with something else".into()));
        }
        Ok(compiled)
    }
}

/// Hands the component over and takes what comes back, within bounds.
fn converse(child: &mut Child, component: &[u8]) -> Result<(Vec<u8>, String), String> {
    let (Some(mut stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err("the compiler has no standard streams".into());
    };
    let (done, ended) = mpsc::channel();
    thread::scope(|scope| {
        // It reads all before it writes; if it dies over it, the exit status tells.
        scope.spawn(move || drop(stdin.write_all(component)));
        scope.spawn(move || {
            let read = |stream: &mut dyn Read| {
                let mut bytes = Vec::new();
                stream.read_to_end(&mut bytes).map(|_| bytes)
            };
            let compiled = read(&mut stdout.take(COMPILED_BYTES_MAX + 1));
            let complaint = read(&mut stderr.take(COMPLAINT_BYTES_MAX));
            // The receiver is there until this has been sent, or has given up.
            let _ = done.send(compiled.and_then(|compiled| Ok((compiled, complaint?))));
        });
        let said = ended.recv_timeout(WALL_MAX);
        if said.is_err() {
            // Its streams end with it, and so do the two threads.
            let _ = child.kill();
        }
        let (compiled, complaint) = said
            .map_err(|_| format!("the compiler took more than {} s", WALL_MAX.as_secs()))?
            .map_err(|error| error.to_string())?;
        if compiled.len() as u64 > COMPILED_BYTES_MAX {
            let _ = child.kill();
            return Err(format!("it has more than {} MiB compiled", COMPILED_BYTES_MAX >> 20));
        }
        Ok((compiled, String::from_utf8_lossy(&complaint).into_owned()))
    })
}

/// Compiles what comes in to what goes out, within bounds that the system keeps. This is all that
/// the child process does, from its standard input to its standard output; on standard error it
/// says the reason of a failure and no word more, which the host puts its own before.
///
/// # Errors
/// What is wrong with the component, in one line.
pub fn compile_here(component: impl Read, compiled: impl Write) -> Result<(), String> {
    let limit = |resource, most| {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })
            .map_err(|error| error.to_string())
    };
    limit(Resource::As, MEMORY_BYTES_MAX)?;
    limit(Resource::Cpu, CPU_S_MAX)?;
    translate(component, compiled)
}

/// The component that comes in, as compiled code that goes out.
fn translate(mut component: impl Read, mut compiled: impl Write) -> Result<(), String> {
    let mut bytes = Vec::new();
    component.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    let code = engine::for_compiling()
        .map_err(|error| error.to_string())?
        .precompile_component(&bytes)
        .map_err(|error| format!("{error:#}"))?;
    compiled.write_all(&code).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_component_is_complained_of_in_words_and_leaves_no_code() {
        // No limits are set in this process: the bytes are refused before any would matter.
        let mut compiled = Vec::new();
        let why = translate(&b"\0asm not really"[..], &mut compiled).expect_err("it is broken");
        assert!(!why.is_empty() && !why.contains("does not compile"), "{why}");
        assert!(compiled.is_empty());
    }
}
