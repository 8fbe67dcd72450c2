//! The one macro that makes a component of a connector.

/// Exports a connector's roles: `connector!(Xero: webhooks, actions, account);`.
///
/// The roles are `webhooks`, `actions`, `records`, `account`, `subscriptions` and
/// `authenticator`; for each, the type implements the trait of the same name in
/// [`roles`](crate::roles). The component exports these roles and no others. Call it once, at the
/// top of the crate. Natively it only checks that the traits are there, so that the crate can be
/// tested with plain `cargo test`.
///
/// A role that the type does not implement is a compile error:
///
/// ```compile_fail
/// struct Shop;
/// jackfield_sdk::connector!(Shop: webhooks);
/// ```
#[macro_export]
macro_rules! connector {
    ($connector:ident: $($role:ident),+ $(,)?) => {
        $( $crate::__export_role!($connector, $role); )+
    };
}

/// One role of [`connector!`].
#[doc(hidden)]
#[macro_export]
macro_rules! __export_role {
    ($connector:ident, webhooks) => {
        $crate::__export_role!($connector, Webhooks, webhooks, __export_webhooks);
    };
    ($connector:ident, actions) => {
        $crate::__export_role!($connector, Actions, actions, __export_actions);
    };
    ($connector:ident, records) => {
        $crate::__export_role!($connector, Records, records, __export_records);
    };
    ($connector:ident, account) => {
        $crate::__export_role!($connector, Account, account, __export_account);
    };
    ($connector:ident, subscriptions) => {
        $crate::__export_role!($connector, Subscriptions, subscriptions, __export_subscriptions);
    };
    ($connector:ident, authenticator) => {
        $crate::__export_role!($connector, Authenticator, authenticator, __export_authenticator);
    };
    ($connector:ident, $trait:ident, $module:ident, $export:ident) => {
        const _: () = {
            const fn has_role<T: $crate::roles::$trait>() {}
            has_role::<$connector>();
        };
        #[cfg(target_family = "wasm")]
        const _: () = {
            type Component = $crate::wasm::Component<$connector>;
            $crate::wasm::bindings::$module::$export!(
                Component with_types_in $crate::wasm::bindings::$module
            );
        };
    };
}
