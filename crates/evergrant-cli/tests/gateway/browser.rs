//! A real browser, driven over its debugging pipe: JSON, each message ended by a zero byte.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A browser on a busy machine takes its time; one that hangs fails the test.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often an expression is looked at, and how long after one another: for a minute or more.
const LOOKS: u32 = 3_000;
const PAUSE: Duration = Duration::from_millis(20);

/// A page of a browser of its own.
pub(crate) struct Browser {
    child: Child,
    inbox: mpsc::Receiver<Value>,
    outbox: File,
    session: String,
    calls: u64,
    _room: TempDir,
}

impl Browser {
    /// Opens the browser that the machine has. Where there is none, that is told, and what was to be
    /// tested is not.
    pub(crate) fn open() -> Option<Self> {
        let names = ["chromium", "chromium-browser", "google-chrome"];
        let there = |name: &&str| Command::new(name).arg("--version").output().is_ok();
        let Some(program) = names.into_iter().find(there) else {
            // Not by a macro, whose text is shown for failed tests only.
            let told = "\nNOT TESTED: the console in a browser, since there is no chromium here\n";
            drop(std::io::stderr().write_all(told.as_bytes()));
            return None;
        };
        let room = tempfile::tempdir().unwrap();
        let pipes = ["in", "out"].map(|name| room.path().join(name));
        let made = Command::new("mkfifo").args(&pipes).status().unwrap();
        assert!(made.success());
        let script = "exec \"$0\" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
                      --ignore-certificate-errors --hide-scrollbars --no-first-run --user-data-dir=profile \
                      --remote-debugging-pipe 3<in 4>out";
        let child = Command::new("sh")
            .args(["-c", script, program])
            .current_dir(room.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let outbox = File::options().write(true).open(&pipes[0]).unwrap();
        let reader = BufReader::new(File::open(&pipes[1]).unwrap());
        let (sender, inbox) = mpsc::channel();
        std::thread::spawn(move || {
            for message in reader.split(0).map_while(Result::ok) {
                let told = serde_json::from_slice(&message).map(|it| sender.send(it));
                if !matches!(told, Ok(Ok(()))) {
                    return;
                }
            }
        });
        let mut browser = Self {
            child,
            inbox,
            outbox,
            session: String::new(),
            calls: 0,
            _room: room,
        };
        let page = browser.call("Target.createTarget", &json!({"url": "about:blank"}));
        let target = json!({"targetId": page["targetId"], "flatten": true});
        let attached = browser.call("Target.attachToTarget", &target);
        browser.session = attached["sessionId"].as_str().unwrap().to_owned();
        Some(browser)
    }

    fn call(&mut self, method: &str, params: &Value) -> Value {
        let answer = self.ask(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.calls += 1;
        let mut message = json!({"id": self.calls, "method": method, "params": params});
        if !self.session.is_empty() {
            message["sessionId"] = self.session.clone().into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.outbox.write_all(&bytes).unwrap();
        loop {
            let heard = self.inbox.recv_timeout(PATIENCE).unwrap();
            if heard["id"] == self.calls {
                return heard;
            }
        }
    }

    /// Opens an address and waits until it is there.
    pub(crate) fn visit(&mut self, url: &str) {
        self.call("Page.navigate", &json!({ "url": url }));
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'");
    }

    /// The value of an expression in the page; nothing while there is no page.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true});
        let answer = self.ask("Runtime.evaluate", &params);
        assert!(
            answer["result"].get("exceptionDetails").is_none(),
            "{expression}: {answer}"
        );
        answer["result"]["result"]["value"].clone()
    }

    /// Waits until an expression is true in the page.
    #[track_caller]
    pub(crate) fn wait(&mut self, expression: &str) {
        for _ in 0..LOOKS {
            if self.value(&format!("Boolean({expression})")) == Value::Bool(true) {
                return;
            }
            std::thread::sleep(PAUSE);
        }
        panic!("it never was: {expression}");
    }

    /// Presses a key and lets it go.
    pub(crate) fn press(&mut self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            " " => (32, " "),
            other => panic!("{other}"),
        };
        for kind in ["keyDown", "keyUp"] {
            let mut params = json!({"type": kind, "key": key, "windowsVirtualKeyCode": code});
            if kind == "keyDown" && !text.is_empty() {
                params["text"] = text.into();
            }
            self.call("Input.dispatchKeyEvent", &params);
        }
    }

    /// Presses Tab until what has the focus reads like this.
    #[track_caller]
    pub(crate) fn tab_to(&mut self, text: &str) {
        for _ in 0..40 {
            self.press("Tab");
            let focused = self.value(
                "(document.activeElement.innerText || document.activeElement.ariaLabel || '').trim()",
            );
            if focused == text {
                return;
            }
        }
        panic!("{text:?} can't be reached by Tab");
    }

    /// Makes the window so wide, with this colour scheme.
    pub(crate) fn shape(&mut self, width: u32, height: u32, scheme: &str) {
        self.call(
            "Emulation.setDeviceMetricsOverride",
            &json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}),
        );
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call(
            "Emulation.setEmulatedMedia",
            &json!({ "features": features }),
        );
    }

    /// Draws the whole page into a file.
    pub(crate) fn draw(&mut self, path: &Path) {
        let params = json!({"format": "png", "captureBeyondViewport": true});
        let drawn = self.call("Page.captureScreenshot", &params);
        let data = drawn["data"].as_str().unwrap();
        let bytes = base64::engine::general_purpose::STANDARD.decode(data);
        let bytes = bytes.unwrap();
        assert!(bytes.starts_with(b"\x89PNG") && bytes.len() > 5_000);
        File::create_new(path).unwrap().write_all(&bytes).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
