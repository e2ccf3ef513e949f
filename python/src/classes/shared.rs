//! A value that several threads may read and replace.
//!
//! Readers get it as it is now, and keep it. A writer makes the next value out of the current one without
//! holding the lock, because it may run Python code or release the GIL meanwhile, and starts again if another
//! writer was faster. Values here are states, which merge in any order, so nothing is lost or counted twice.

use std::sync::{Arc, Mutex, PoisonError};

pub struct Shared<T>(Mutex<Arc<T>>);

impl<T> From<T> for Shared<T> {
    fn from(value: T) -> Self {
        Self(Mutex::new(Arc::new(value)))
    }
}

impl<T> Shared<T> {
    /// The value as it is now.
    pub fn get(&self) -> Arc<T> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the value by what a function makes of it, which may be called several times.
    pub fn replace<E>(&self, next: impl Fn(&Arc<T>) -> Result<T, E>) -> Result<(), E> {
        loop {
            let current = self.get();
            let next = Arc::new(next(&current)?);
            let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if Arc::ptr_eq(&shared, &current) {
                let before = std::mem::replace(&mut *shared, next);
                drop(shared);
                drop(before); // may be large
                return Ok(());
            }
        }
    }
}
