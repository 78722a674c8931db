//! A call before the snapshot, of the prelude and not of the author's handler, so that every instance finds made what
//! the engine makes at the first call: the names of fields, its own functions, room. Measured with the TypeScript
//! template it is a quarter of what a request executes.

use super::Fault;
use super::snapshot::{CHANNEL, State};
use wasmtime::Store;
use wasmtime::component::{Instance, Type, Val};

/// Calls the handler with a request that the prelude knows by its method.
pub(super) async fn rehearse(store: &mut Store<State>, instance: &Instance) -> Result<(), Fault> {
    let handler = instance.get_func(&mut *store, "handler").ok_or("the engine has no `handler`")?;
    let kind = handler.ty(&*store);
    let request: Option<Vec<Val>> = kind.params().map(|(_, kind)| sample(&kind)).collect();
    let mut response = [Val::Bool(false)];
    handler.call_async(&mut *store, &request.ok_or("a request that has no sample")?, &mut response).await?;
    Ok(())
}

/// A value with everything in it that its type can have; none of a type that no handler is given.
pub(super) fn sample(kind: &Type) -> Option<Val> {
    let boxed = |kind: &Type| sample(kind).map(Box::new);
    Some(match kind {
        Type::Bool => Val::Bool(false),
        Type::U8 => Val::U8(0),
        Type::U16 => Val::U16(0),
        Type::U32 => Val::U32(0),
        Type::U64 => Val::U64(0),
        Type::Float64 => Val::Float64(0.0),
        Type::String => Val::String(CHANNEL.to_owned()),
        Type::List(list) => Val::List(vec![sample(&list.ty())?]),
        Type::Record(record) => {
            let fields = record.fields().map(|field| Some((field.name.to_owned(), sample(&field.ty)?)));
            Val::Record(fields.collect::<Option<_>>()?)
        }
        Type::Tuple(tuple) => Val::Tuple(tuple.types().map(|kind| sample(&kind)).collect::<Option<_>>()?),
        Type::Enum(cases) => Val::Enum(cases.names().next()?.to_owned()),
        Type::Option(option) => Val::Option(Some(boxed(&option.ty())?)),
        Type::Result(result) => Val::Result(Ok(match result.ok() {
            Some(kind) => Some(boxed(&kind)?),
            None => None,
        })),
        _ => return None,
    })
}
