//! An ordered map that stays small though its keys come in ascending order, as ids do.
//!
//! A tree of the standard library splits a full node in the middle, so one that is only ever filled at its end keeps
//! its nodes little more than half full. This one is built anew each time it has grown by some tens of thousands,
//! which fills them; that costs less than what was written meanwhile. It is read as the map that it is.

use std::collections::{BTreeMap, btree_map};
use std::ops::Deref;

/// By how much it grows before it is built anew. Smaller maps take little room anyway.
const STEP: usize = 1 << 16;

/// A map whose nodes are kept full.
pub(crate) struct Packed<K, V> {
    map: BTreeMap<K, V>,
    /// How many there were when it was last built anew.
    packed: usize,
}

impl<K: Ord, V> Packed<K, V> {
    /// Puts a value in the place of the one that there was.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        let old = self.map.insert(key, value);
        if self.map.len() >= self.packed + STEP {
            self.map = std::mem::take(&mut self.map).into_iter().collect();
            self.packed = self.map.len();
        }
        old
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.map.get_mut(key)
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        self.map.remove(key)
    }
}

impl<K, V> Default for Packed<K, V> {
    fn default() -> Self {
        Self {
            map: BTreeMap::new(),
            packed: 0,
        }
    }
}

impl<K, V> Deref for Packed<K, V> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &Self::Target {
        &self.map
    }
}

impl<'a, K, V> IntoIterator for &'a Packed<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = btree_map::Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.map.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_what_was_put_in_however_often_it_is_built_anew() {
        let last = 3 * STEP as u64;
        let mut map = Packed::default();
        for key in (1..=last).chain([last / 2, 0]) {
            let is_known = map.contains_key(&key);
            assert_eq!(map.insert(key, key * 7).is_some(), is_known, "{key}");
        }
        assert_eq!(map.remove(&5), Some(35));
        assert_eq!(map.remove(&5), None);
        assert!(map.keys().copied().eq((0..=last).filter(|key| *key != 5)));
        assert_eq!(map.get(&last), Some(&(last * 7)));
    }
}
