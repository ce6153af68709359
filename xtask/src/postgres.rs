//! A throw-away PostgreSQL server for the tests: one that is named, or else one of our own, with the
//! system's package installed if need be.

use std::process::Command;

#[path = "../../crates/evergrant/tests/support/throw_away.rs"]
mod throw_away;

use throw_away::Server;

/// Names the server that the tests use.
pub(crate) const VARIABLE: &str = "EVERGRANT_TEST_POSTGRES";

/// Starts a server, installing it first if it is not there.
///
/// # Errors
/// Why there is none.
pub(crate) fn start() -> Result<Running, String> {
    let first = match Server::start() {
        Ok(server) => return Ok(Running(server)),
        Err(why) => why,
    };
    println!("{first}: trying to install it");
    install().map_err(|why| format!("{first}; and it can't be installed: {why}"))?;
    Server::start().map(Running)
}

/// A server that ends with the tests.
pub(crate) struct Running(Server);

impl Running {
    /// Its maintenance database.
    pub(crate) fn url(&self) -> String {
        self.0.url()
    }

    /// Whether it still answers.
    #[cfg(test)]
    fn answers(&self) -> bool {
        throw_away::run(&self.url(), "SELECT 1").is_ok()
    }
}

/// Installs Debian's package, without the cluster that it would set up and start on the usual port.
fn install() -> Result<(), String> {
    let script = "mkdir -p /etc/postgresql-common && \
                  { [ -e /etc/postgresql-common/createcluster.conf ] || \
                    echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf; } && \
                  apt-get update -q && \
                  apt-get install -q -y --no-install-recommends \
                    -o Dpkg::Options::=--force-confold postgresql";
    let run = |program: &str, args: &[&str]| {
        let mut command = Command::new(program);
        command.args(args).args(["sh", "-c", script]);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command.status().is_ok_and(|status| status.success())
    };
    if run("env", &[]) || run("sudo", &["-n"]) {
        return Ok(());
    }
    Err("neither apt-get nor sudo -n apt-get does it here".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_answers_while_it_is_wanted() {
        let server = match start() {
            Ok(server) => server,
            Err(why) => panic!("{why}"),
        };
        assert!(server.answers());
    }
}
