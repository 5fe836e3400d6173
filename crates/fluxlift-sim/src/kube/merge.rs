//! Typed values: their field sets, merging one onto another, comparing, taking fields out.

use serde_json::{Map, Value};

use super::fields::FieldSet;
use super::shape::{ListShape, Shape};

/// The fields that an applied configuration has.
pub fn field_set(value: &Value, shape: Shape<'_>) -> FieldSet {
    match value {
        Value::Object(map) if !map.is_empty() && !shape.is_atomic_map() => {
            let mut set = FieldSet::default();
            for (name, value) in map {
                set.put(format!("f:{name}"), field_set(value, shape.field(name)));
            }
            set
        }
        Value::Array(items) if !items.is_empty() => {
            let list = shape.list();
            if list.is_atomic() {
                return FieldSet::leaf();
            }
            let mut set = FieldSet::default();
            for item in items {
                if let Some(step) = list.step(item) {
                    let mut below = if matches!(list, ListShape::Set) {
                        FieldSet::default()
                    } else {
                        field_set(item, shape.item())
                    };
                    below.member = true;
                    set.put(step, below);
                }
            }
            set
        }
        _ => FieldSet::leaf(),
    }
}

/// Lays an applied configuration over a live value.
pub fn merge(live: &mut Value, config: &Value, shape: Shape<'_>) {
    match (live, config) {
        (Value::Object(live), Value::Object(config)) if !shape.is_atomic_map() => {
            for (name, value) in config {
                match live.get_mut(name) {
                    Some(slot) if !slot.is_null() => merge(slot, value, shape.field(name)),
                    _ => {
                        live.insert(name.clone(), value.clone());
                    }
                }
            }
        }
        (Value::Array(live), Value::Array(config)) if !shape.list().is_atomic() => {
            let list = shape.list();
            for item in config {
                let step = list.step(item);
                match live.iter_mut().find(|old| step.is_some() && list.step(old) == step) {
                    Some(old) => merge(old, item, shape.item()),
                    None => live.push(item.clone()),
                }
            }
        }
        (live, config) => live.clone_from(config),
    }
}

/// How one value differs from another.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    /// Fields only the new one has.
    pub added: FieldSet,
    /// Fields with another value.
    pub modified: FieldSet,
    /// Fields only the old one has.
    pub removed: FieldSet,
}

impl Comparison {
    fn put(&mut self, step: String, below: Self) {
        self.added.put(step.clone(), below.added);
        self.modified.put(step.clone(), below.modified);
        self.removed.put(step, below.removed);
    }

    /// The fields that a writer of the new value now owns.
    pub fn written(&self) -> FieldSet {
        let mut written = self.added.clone();
        written.add(&self.modified);
        written
    }

    /// Whether the values are the same, up to the order of lists with keys.
    pub fn is_same(&self) -> bool {
        self.added.is_empty() && self.modified.is_empty() && self.removed.is_empty()
    }
}

/// Compares two values.
pub fn compare(old: &Value, new: &Value, shape: Shape<'_>) -> Comparison {
    if old == new {
        return Comparison::default();
    }
    match (old, new) {
        (Value::Null, new) => Comparison { added: presence(new, shape), ..Comparison::default() },
        (old, Value::Null) => Comparison { removed: presence(old, shape), ..Comparison::default() },
        (Value::Object(old), Value::Object(new)) if !shape.is_atomic_map() => {
            let mut all = Comparison::default();
            for (name, new) in new {
                let old = old.get(name).unwrap_or(&Value::Null);
                all.put(format!("f:{name}"), compare(old, new, shape.field(name)));
            }
            for (name, old) in old.iter().filter(|(name, _)| !new.contains_key(*name)) {
                all.put(format!("f:{name}"), compare(old, &Value::Null, shape.field(name)));
            }
            all
        }
        (Value::Array(old), Value::Array(new)) if !shape.list().is_atomic() => {
            let (list, mut all) = (shape.list(), Comparison::default());
            let find = |items: &[Value], step: &str| {
                items.iter().find(|item| list.step(item).as_deref() == Some(step)).cloned().unwrap_or(Value::Null)
            };
            for item in new {
                if let Some(step) = list.step(item) {
                    let below = compare(&find(old, &step), item, shape.item());
                    all.put(step, below);
                }
            }
            for item in old {
                if let Some(step) = list.step(item)
                    && find(new, &step).is_null()
                {
                    all.put(step, compare(item, &Value::Null, shape.item()));
                }
            }
            all
        }
        (Value::Object(_) | Value::Array(_), _) | (_, Value::Object(_) | Value::Array(_)) => Comparison {
            added: below(presence(new, shape)),
            modified: FieldSet::leaf(),
            removed: below(presence(old, shape)),
        },
        _ => Comparison { modified: FieldSet::leaf(), ..Comparison::default() },
    }
}

fn below(mut set: FieldSet) -> FieldSet {
    set.member = false;
    set
}

/// Every field of a value that appears or goes as a whole, the maps on the way included.
fn presence(value: &Value, shape: Shape<'_>) -> FieldSet {
    match value {
        Value::Null => FieldSet::default(),
        Value::Object(map) if !map.is_empty() && !shape.is_atomic_map() => {
            let mut set = FieldSet { member: !shape.is_always_there(), ..FieldSet::default() };
            for (name, value) in map {
                set.put(format!("f:{name}"), presence(value, shape.field(name)));
            }
            set
        }
        Value::Array(items) if !shape.list().is_atomic() => {
            let (list, mut set) = (shape.list(), FieldSet { member: !shape.is_always_there(), ..FieldSet::default() });
            for item in items {
                if let Some(step) = list.step(item) {
                    let mut child =
                        if matches!(list, ListShape::Set) { FieldSet::default() } else { presence(item, shape.item()) };
                    child.member = true;
                    set.put(step, child);
                }
            }
            set
        }
        _ => FieldSet::leaf(),
    }
}

/// Takes out of `value` every field of `doomed` that nobody in `owned` has; what is emptied by that goes too.
pub fn remove(value: &mut Value, doomed: &FieldSet, owned: &FieldSet, shape: Shape<'_>) {
    let nobody = FieldSet::default();
    match value {
        Value::Object(map) => remove_fields(map, doomed, owned, shape),
        Value::Array(items) => {
            let list = shape.list();
            items.retain_mut(|item| {
                let Some(step) = list.step(item) else { return true };
                let Some(doomed) = doomed.children.get(&step) else { return true };
                let owned = owned.children.get(&step).unwrap_or(&nobody);
                if doomed.member && owned.is_empty() {
                    return false;
                }
                remove(item, doomed, owned, shape.item());
                true
            });
        }
        _ => {}
    }
}

fn remove_fields(map: &mut Map<String, Value>, doomed: &FieldSet, owned: &FieldSet, shape: Shape<'_>) {
    let nobody = FieldSet::default();
    for (step, doomed) in &doomed.children {
        let Some(name) = step.strip_prefix("f:") else { continue };
        let owned = owned.children.get(step).unwrap_or(&nobody);
        if doomed.member && owned.is_empty() {
            map.remove(name);
            continue;
        }
        let Some(value) = map.get_mut(name) else { continue };
        let was_empty = is_empty(value);
        remove(value, doomed, owned, shape.field(name));
        if !was_empty && is_empty(value) && owned.is_empty() {
            map.remove(name);
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}
