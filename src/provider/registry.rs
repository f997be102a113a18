//! The configured providers by name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Error, Provider};
use crate::model::ProviderName;

/// The configured providers. Made once at start; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Registry(Arc<BTreeMap<ProviderName, Arc<dyn Provider>>>);

impl Registry {
    /// From the configured providers; of two with one name the last stays, the configuration refuses that before.
    pub fn new(providers: impl IntoIterator<Item = Arc<dyn Provider>>) -> Self {
        Self(Arc::new(providers.into_iter().map(|provider| (provider.name().clone(), provider)).collect()))
    }

    /// The provider of that name.
    pub fn get(&self, name: &ProviderName) -> Result<Arc<dyn Provider>, Error> {
        self.0.get(name).cloned().ok_or_else(|| Error::NotConfigured(name.clone()))
    }

    /// Whether there is a provider of that name.
    #[must_use]
    pub fn has(&self, name: &ProviderName) -> bool {
        self.0.contains_key(name)
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &ProviderName> {
        self.0.keys()
    }
}
