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

#[cfg(test)]
mod tests {
    use crate::build::javascript::testing::{answer, build_text, call};

    #[test]
    fn a_handler_is_not_called_by_the_rehearsal() {
        let text = "let calls = 0; export const handler = () => ({ body: String(++calls) });";
        assert_eq!(answer(text), "1");
    }

    #[test]
    fn what_is_rehearsed_leaves_no_trace() {
        let text = r"
            import { getUser } from 'alga:extension/user-v2';
            import { put } from 'alga:extension/storage';
            let seen = 0;
            const own = Promise.prototype.then;
            Promise.prototype.then = function (...given) { seen++; return own.apply(this, given); };
            export const handler = () => {
                const user = getUser();
                const entry = put({ namespace: 'n', key: 'k', value: new Uint8Array(1) });
                return { body: [seen, user.userName, entry.revision, JSON.stringify(user.additionalFields)].join() };
            };";
        let answer = call(&build_text(text).component);
        assert_eq!((answer.body(), answer.logs.len()), ("0,U,7,[[\"locale\",\"de\"]]", 0));
    }

    #[test]
    fn a_source_that_breaks_the_engine_s_own_functions_is_built() {
        let text = "Object.keys = () => { throw new Error('gone'); }; JSON.stringify = () => { throw 1; };
            export const handler = () => ({ headers: [['a', 'b']], body: 'yes' });";
        assert_eq!(answer(text), "yes");
    }
}
