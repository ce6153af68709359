//! What a path is mounted on: a file of its own, or a file system of another machine's.
//!
//! A lock on a network file system may be one machine's own affair, an order that nobody obeys, or
//! a wait for ever; two machines would then spend one refresh token.

use std::path::Path;

/// Whether something is mounted on the file itself, as containers do. Only Linux can.
pub(super) fn is_mount_point(path: &Path) -> bool {
    let Some(table) = table() else { return false };
    let mounts: Vec<Mount> = table.lines().filter_map(Mount::parse).collect();
    mounts.iter().any(|mount| Path::new(&mount.point) == path)
}

/// The kind of network file system that `path` is on, or would be; `None` if it is local, or nobody
/// can tell.
pub(super) fn network_kind(path: &Path) -> Option<String> {
    // A file that is to be made is where its nearest directory is.
    let path = std::path::absolute(path).ok()?;
    let there = path.ancestors().find(|place| place.exists())?;
    kind_of(&there.canonicalize().ok()?)
}

#[cfg(target_os = "linux")]
fn kind_of(path: &Path) -> Option<String> {
    /// The magic numbers of the usual local file systems: ext2 to ext4, XFS, Btrfs, tmpfs, overlay,
    /// F2FS. With them the table of mounts need not be read.
    const LOCAL: [u32; 6] = [
        0xEF53,
        0x5846_5342,
        0x9123_683E,
        0x0102_1994,
        0x794C_7630,
        0xF2F5_2010,
    ];
    // Its type differs between machines, its lower half does not.
    let magic = rustix::fs::statfs(path).ok()?.f_type as u32;
    if LOCAL.contains(&magic) {
        return None;
    }
    network_mount(&table()?, path)
}

/// macOS names the kind, and says whether it is local.
#[cfg(target_vendor = "apple")]
fn kind_of(path: &Path) -> Option<String> {
    /// `MNT_LOCAL` of `<sys/mount.h>`.
    const LOCAL: u32 = 0x1000;
    let mounted = rustix::fs::statfs(path).ok()?;
    if mounted.f_flags & LOCAL != 0 {
        return None;
    }
    let name = mounted
        .f_fstypename
        .iter()
        .map(|unit| unit.to_ne_bytes()[0]);
    let name: Vec<u8> = name.take_while(|byte| *byte != 0).collect();
    Some(String::from_utf8_lossy(&name).into_owned())
}

/// Windows spells out the server: `\\?\UNC\server\share`.
#[cfg(windows)]
fn kind_of(path: &Path) -> Option<String> {
    path.to_string_lossy()
        .starts_with(r"\\?\UNC\")
        .then(|| "a network share".to_owned())
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple", windows)))]
fn kind_of(_path: &Path) -> Option<String> {
    None
}

fn table() -> Option<String> {
    std::fs::read_to_string("/proc/self/mountinfo").ok()
}

/// A line of `/proc/self/mountinfo` (proc_pid_mountinfo(5)).
struct Mount {
    point: String,
    kind: String,
}

impl Mount {
    fn parse(line: &str) -> Option<Self> {
        let (about, origin) = line.split_once(" - ")?;
        Some(Self {
            point: unescape(about.split(' ').nth(4)?),
            kind: origin.split(' ').next()?.to_owned(),
        })
    }
}

/// The kind of what `path` is on, if that is a network's: of the longest mount point that it begins
/// with; of equals, the one mounted last.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn network_mount(table: &str, path: &Path) -> Option<String> {
    let mounts = table.lines().filter_map(Mount::parse);
    let mounted = mounts.filter(|mount| path.starts_with(&mount.point));
    let mount = mounted.max_by_key(|mount| mount.point.len())?;
    is_network(&mount.kind).then_some(mount.kind)
}

/// Whether the bytes are on another machine, or may be: of what FUSE mounts, only kinds that are
/// known to be views of a local disk are taken for local.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn is_network(kind: &str) -> bool {
    const NETWORK: [&str; 22] = [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "9p",
        "afs",
        "ceph",
        "coda",
        "glusterfs",
        "lustre",
        "beegfs",
        "gpfs",
        "gfs2",
        "ocfs2",
        "ncpfs",
        "orangefs",
        "davfs",
        "vboxsf",
        "prl_fs",
        "virtiofs",
        "drvfs",
    ];
    const LOCAL_FUSE: [&str; 5] = [
        "fuse.fuse-overlayfs",
        "fuse.gocryptfs",
        "fuse.encfs",
        "fuse.bindfs",
        "fuse.mergerfs",
    ];
    let is_fuse = kind == "fuse" || kind.starts_with("fuse.");
    NETWORK.contains(&kind) || (is_fuse && !LOCAL_FUSE.contains(&kind))
}

/// The kernel writes blank, tab, newline and backslash of a path as three octal digits.
fn unescape(mounted: &str) -> String {
    mounted
        .replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
40 22 0:50 / /home rw shared:20 master:1 - nfs4 host:/x rw,vers=4.2
41 40 0:51 / /home/me rw - tmpfs tmpfs rw
42 22 0:52 / /mnt/a\\040b rw - cifs //host/share rw
43 22 0:53 / /over rw - nfs host:/y rw
44 43 254:0 /z /over rw - ext4 /dev/vda rw
45 22 0:54 / /far rw - fuse.sshfs me@host: rw
46 22 0:55 / /near rw - fuse.gocryptfs /data rw
47 22 8:1 / /stick rw - fuseblk /dev/sda1 rw
48 22 0:56 / /wsl rw - 9p drvfs rw
broken line
";

    #[test]
    fn h42_a_network_file_system_is_known_by_the_mount_that_counts() {
        for (path, kind) in [
            ("/etc/x", None),
            ("/home/you/t.json", Some("nfs4")),
            ("/home/me/t.json", None),
            ("/homestead/t.json", None),
            ("/mnt/a b/t.json", Some("cifs")),
            ("/over/t.json", None),
            ("/far/t.json", Some("fuse.sshfs")),
            ("/near/t.json", None),
            ("/stick/t.json", None),
            ("/wsl/t.json", Some("9p")),
        ] {
            assert_eq!(
                network_mount(TABLE, Path::new(path)).as_deref(),
                kind,
                "{path}"
            );
        }
    }

    #[test]
    fn a_file_that_is_to_be_made_is_where_its_folder_is() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(
            network_kind(&folder.path().join("deep/t.json")),
            network_kind(folder.path())
        );
    }
}
