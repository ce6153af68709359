//! The console in a real browser: a consent from end to end by keyboard alone, what can be seen and
//! read at which width and in which colours, and the drawings of docs/gateway.md.

use serde_json::Value;

use crate::browser::Browser;
use crate::console::link;
use crate::gate::Gate;
use crate::support::until;

/// Text that has too little contrast with what is behind it (WCAG 2.2, 1.4.3).
const PALE: &str = r"(() => {
  const parts = colour => colour.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = it => {
    for (; it; it = it.parentElement) {
      const colour = parts(getComputedStyle(it).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll('body *')]
    .filter(it => [...it.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
    .map(it => {
      const [a, b] = [light(parts(getComputedStyle(it).color)), light(behind(it))];
      return [it.outerHTML.slice(0, 80), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
    })
    .filter(([, ratio]) => ratio < 4.5);
})()";

/// What can be worked with and has no name.
const NAMELESS: &str = "[...document.querySelectorAll('a, button, summary, select, meter, svg, \
    input:not([type=hidden])')].filter(it => !(it.innerText || it.ariaLabel || \
    it.labels?.[0]?.innerText || '').trim()).map(it => it.outerHTML)";

/// A gateway with a live connection, and one that is yet to be connected.
fn gate() -> Gate {
    let gate = Gate::stopped(
        evergrant_sandbox::Options::default(),
        "limits = false\nschedule = false\n[serve.webhooks]\nverifier_file = \"../../verifier\"\n\
         command = [\"true\"]",
    );
    gate.lab.write("verifier", "verifier-of-the-app");
    let settings = gate.lab.read(".config/evergrant/evergrant.toml");
    gate.lab.configure(&format!(
        "{settings}[connections.bolt]\ntoken_file = \"{}\"\nenvironment = \"sandbox\"\n",
        gate.lab.path("bolt.json").display()
    ));
    let mut gate = gate;
    gate.start();
    gate
}

/// An address of the gateway's as a browser is given it: consent returns to `localhost`.
fn address(gate: &Gate, path: &str) -> String {
    let port = gate.address.rsplit(':').next().unwrap();
    format!("http://localhost:{port}{path}")
}

#[test]
fn a_consent_is_given_by_keyboard_alone() {
    let Some(mut browser) = Browser::open() else {
        return;
    };
    let gate = gate();
    let employee = format!("/bolt/v3/company/{}/employee/58", gate.lab.sandbox.realm());
    gate.get(&employee).refused(424, "not_connected");
    browser.visit(&address(&gate, &link(&gate)));
    browser.tab_to("bolt");
    browser.press("Enter");
    browser.wait("location.pathname === '/console/connections/bolt'");
    browser.wait("document.querySelector('.state')?.innerText.includes('not connected')");
    browser.tab_to("Connect to QuickBooks");
    browser.press("Enter");
    browser.wait("location.pathname === '/connect/oauth2'");
    browser.tab_to("Connect");
    browser.press("Enter");
    browser.wait("location.pathname === '/console/connections/bolt'");
    browser.wait("document.querySelector('.state')?.innerText.includes('live')");
    gate.get(&employee).ok();
    let realm = gate.lab.sandbox.realm();
    browser.wait(&format!(
        "document.querySelector('dd')?.innerText === '{realm}'"
    ));
    // Whose books they are is known to the gateway, too, without a restart.
    until(|| {
        gate.get(&employee).ok();
        let lines = gate.audit(1);
        lines
            .iter()
            .any(|line| line["connection"] == "bolt" && line["realm"] == realm)
    });
    // What happens is shown without a reload.
    let said = "document.querySelector('svg').ariaLabel";
    let before = browser.value(said).as_str().unwrap().to_owned();
    gate.get(&employee).ok();
    browser.value("document.activeElement.blur()");
    browser.wait(&format!("{said} !== {before:?}"));
    // And out again.
    browser.tab_to("Log out");
    browser.press("Enter");
    browser.wait("document.querySelector('h1')?.innerText === 'This console is locked'");
}

#[test]
fn everything_can_be_read_reached_and_named_at_any_width_in_light_and_dark() {
    let Some(mut browser) = Browser::open() else {
        return;
    };
    let gate = gate();
    gate.lab.sandbox.control().expire_access_tokens();
    for _ in 0..9 {
        until(|| gate.get(&gate.employee()).status == 200);
    }
    gate.add_key(&["report", "--preset", "read-only", "--expires", "90d"]);
    browser.visit(&address(&gate, &link(&gate)));
    for (name, path) in [
        ("console", "/console"),
        ("connection", "/console/connections/acme"),
        ("keys", "/console/keys"),
    ] {
        browser.visit(&address(&gate, path));
        for scheme in ["light", "dark"] {
            for width in [1280, 390, 320] {
                browser.shape(width, 800, scheme);
                assert_eq!(
                    browser.value(PALE),
                    Value::from(Vec::<Value>::new()),
                    "{path} {scheme}"
                );
                let wide = browser.value("document.documentElement.scrollWidth");
                assert!(
                    wide.as_u64() <= Some(width.into()),
                    "{path} {width}: {wide}"
                );
            }
        }
        assert_eq!(
            browser.value(NAMELESS),
            Value::from(Vec::<Value>::new()),
            "{path}"
        );
        every_stop_shows_the_focus(&mut browser, path);
        keep(&mut browser, name);
    }
    assert_eq!(browser.value("document.documentElement.lang"), "en");
}

/// By Tab alone, in the order of the page.
fn every_stop_shows_the_focus(browser: &mut Browser, path: &str) {
    let stops = "[...document.querySelectorAll('a, button, summary, select, \
                 input:not([type=hidden])')]";
    browser.shape(1280, 800, "light");
    browser.value("document.activeElement.blur()");
    let count = browser.value(&format!("{stops}.length")).as_u64().unwrap();
    assert!(count >= 3, "{path}");
    for at in 0..count {
        browser.press("Tab");
        let focused = browser.value(&format!("{stops}.indexOf(document.activeElement)"));
        assert_eq!(focused, at, "{path}: the order of Tab is not the page's");
        let outline = browser.value("getComputedStyle(document.activeElement).outline");
        let outline = outline.as_str().unwrap();
        assert!(
            outline.contains("solid") && outline.contains("3px"),
            "{path}: {outline}"
        );
    }
}

/// Keeps drawings of the page at two widths, where they are wanted.
#[expect(clippy::disallowed_methods, reason = "a test's own setting")]
fn keep(browser: &mut Browser, name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let wanted = std::env::var("EVERGRANT_SCREENSHOTS").ok();
    browser.value("document.activeElement.blur()");
    for (suffix, width) in [("wide", 1280), ("narrow", 390)] {
        browser.shape(width, 600, "light");
        let drawn = folder.path().join("drawn.png");
        drop(std::fs::remove_file(&drawn));
        browser.draw(&drawn);
        if let Some(wanted) = &wanted {
            std::fs::copy(&drawn, format!("{wanted}/{name}-{suffix}.png")).unwrap();
        }
    }
}
