# Short names for what is done every day. Everything is in `cargo xtask`; `just` is not needed.

# What a change must pass.
check:
    cargo xtask ci

# All tests; `just test -p evergrant refresh` runs some.
test *ARGS:
    cargo xtask test {{ARGS}}

# The binary from outside: its own tests, then the whole job once.
e2e:
    cargo xtask test -p evergrant-cli
    cargo run -- demo

# All measurements, about a minute when all is built; see docs/benchmarks.md.
bench:
    cargo xtask bench oneshot
    cargo xtask bench overhead
    cargo xtask bench sandbox

# Known holes in what we depend on; needs a network and cargo-deny.
audit:
    cargo deny check advisories

fmt:
    cargo fmt --all
