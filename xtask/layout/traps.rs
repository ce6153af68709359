//! A trap at the entry of each function, taken away when it is run into.

use std::collections::HashMap;
use std::error::Error;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::calls::Call;

/// The instruction that traps.
const TRAP: u8 = 0xCC;
/// Stops itself, so that it can be watched from its first instruction on.
const STOPPED: &str = "kill -STOP $$; exec \"$0\" get employee 58";

/// The functions of a program, by their place in its file: several may share one.
pub(crate) type Functions = HashMap<u64, Vec<String>>;

/// What the program's own symbols say.
pub(crate) fn functions(program: &Path) -> Result<Functions, Box<dyn Error>> {
    let listing = Command::new("readelf").arg("-sW").arg(program).output()?;
    let mut functions = Functions::new();
    for line in String::from_utf8_lossy(&listing.stdout).lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, place, size, "FUNC", _, _, section, name, ..] = words.as_slice() else {
            continue;
        };
        if *section != "UND" && *size != "0" {
            let place = u64::from_str_radix(place, 16)?;
            functions.entry(place).or_default().push((*name).to_owned());
        }
    }
    if functions.is_empty() {
        return Err("the program has no symbols".into());
    }
    Ok(functions)
}

/// Makes the call; the functions that it ran, in the order in which it first did.
pub(crate) fn run(
    program: &Path,
    functions: &Functions,
    call: &Call,
) -> Result<Vec<String>, Box<dyn Error>> {
    let child = Command::new("sh")
        .args(["-c", STOPPED])
        .arg(program)
        .envs(call.environment.iter().map(|(name, value)| (name, value)))
        .stdout(Stdio::null())
        .spawn()?;
    let main = Pid::from_raw(i32::try_from(child.id())?);
    waitpid(main, Some(WaitPidFlag::WUNTRACED))?;
    let options =
        Options::PTRACE_O_TRACECLONE | Options::PTRACE_O_TRACEEXEC | Options::PTRACE_O_EXITKILL;
    ptrace::seize(main, options)?;
    kill(main, Signal::SIGCONT)?;
    watch(program, functions, main)
}

fn watch(program: &Path, functions: &Functions, main: Pid) -> Result<Vec<String>, Box<dyn Error>> {
    let (mut run, mut planted) = (Vec::new(), None);
    loop {
        match waitpid(None, Some(WaitPidFlag::__WALL))? {
            WaitStatus::Exited(pid, 0) if pid == main => return Ok(run),
            WaitStatus::Exited(pid, code) if pid == main => {
                return Err(format!("the call has failed: {code}").into());
            }
            WaitStatus::Signaled(pid, signal, _) if pid == main => {
                return Err(format!("the call has ended by {signal}").into());
            }
            WaitStatus::PtraceEvent(pid, _, event) => {
                if event == ptrace::Event::PTRACE_EVENT_EXEC as i32 {
                    planted = Some(Planted::in_process(program, pid, functions)?);
                }
                ptrace::cont(pid, None)?;
            }
            WaitStatus::Stopped(pid, Signal::SIGTRAP) => {
                let Some(planted) = &mut planted else {
                    return Err("a trap of nobody's".into());
                };
                run.extend(planted.take_away(pid, functions)?);
                ptrace::cont(pid, None)?;
            }
            WaitStatus::Stopped(pid, signal) => ptrace::cont(pid, signal)?,
            _ => {}
        }
    }
}

/// The traps in a process, and what was there before them.
struct Planted {
    memory: File,
    base: u64,
    before: HashMap<u64, u8>,
}

impl Planted {
    fn in_process(program: &Path, pid: Pid, functions: &Functions) -> Result<Self, Box<dyn Error>> {
        let maps = std::fs::read_to_string(format!("/proc/{pid}/maps"))?;
        let name = program.canonicalize()?.display().to_string();
        let first = maps.lines().find(|line| line.ends_with(&name));
        let start = first.and_then(|line| line.split('-').next());
        let base = u64::from_str_radix(start.ok_or("the program is not mapped")?, 16)?;
        let path = format!("/proc/{pid}/mem");
        let memory = OpenOptions::new().read(true).write(true).open(path)?;
        let mut before = HashMap::new();
        for &place in functions.keys() {
            let mut byte = [0];
            memory.read_exact_at(&mut byte, base + place)?;
            memory.write_all_at(&[TRAP], base + place)?;
            before.insert(place, byte[0]);
        }
        Ok(Self {
            memory,
            base,
            before,
        })
    }

    /// Puts back what was there, and has the process run it. Two threads may have run into one trap.
    fn take_away(
        &mut self,
        pid: Pid,
        functions: &Functions,
    ) -> Result<Vec<String>, Box<dyn Error>> {
        let mut registers = ptrace::getregs(pid)?;
        registers.rip -= 1;
        ptrace::setregs(pid, registers)?;
        let place = registers.rip - self.base;
        let Some(byte) = self.before.remove(&place) else {
            return Ok(Vec::new());
        };
        self.memory.write_all_at(&[byte], registers.rip)?;
        Ok(functions.get(&place).cloned().unwrap_or_default())
    }
}
