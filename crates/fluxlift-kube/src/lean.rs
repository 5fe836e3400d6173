//! Reading no more of an object than a type has fields for.
//!
//! An [`Object`](crate::Object) keeps all of its JSON, which is right for a few and too much for ten thousand. Here the
//! caller's type says what is kept; the rest, specifications and managed fields, is skipped while it is parsed.

use kube::core::Request as Path;
use kube::core::params::GetParams;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::cluster::unbuildable;
use crate::error::RequestError;
use crate::{Cluster, ObjectRef, Query};

/// For a field of such a type: a `null` is as good as no field. An API server that is written in Go sends one for a list
/// or a map that was never filled, as in the status of a definition that was created a moment ago.
///
/// # Errors
/// When there is a value, and it is not a `T`.
pub fn null_is_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(field: D) -> Result<T, D::Error> {
    Option::deserialize(field).map(Option::unwrap_or_default)
}

impl Cluster {
    /// The fields that `T` has of one object; `None` when there is none of that name.
    ///
    /// # Errors
    /// When the server refuses or does not answer, or the object does not fit `T`.
    pub async fn get_lean<T: DeserializeOwned>(&self, target: &ObjectRef) -> Result<Option<T>, RequestError> {
        let doing = format!("get {target}");
        let request = Path::new(target.collection())
            .get(&target.name, &GetParams::default())
            .map_err(|e| unbuildable(&doing, e))?;
        match self.exchange(&doing, request).await {
            Ok(fields) => Ok(Some(fields)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The fields that `T` has of all objects that `query` selects, page by page. A list that the server forgot between
    /// two pages is begun anew.
    ///
    /// # Errors
    /// When the server refuses or does not answer, or an object does not fit `T`.
    pub async fn list_lean<T: DeserializeOwned>(&self, query: &Query) -> Result<Vec<T>, RequestError> {
        self.pages(query).await.map(|(all, _)| all)
    }
}
