/** What makes validators of schemas, as far as it matters here. */
interface Compiler<Validator> {
  compile: (schema: never) => Validator
}

type Validator = { (this: unknown, data: unknown): unknown; errors?: unknown }

/**
 * Has a compiler make each validator when the first request needs it: of the hundreds of schemas that the routes have, an installation uses
 * a few, and a validator is code that takes time at the start and memory for ever.
 */
export function compileOnFirstUse(compiler: Compiler<Validator>): void {
  const compile = compiler.compile.bind(compiler)
  compiler.compile = (schema) => {
    let compiled: Validator | undefined
    const validator: Validator = function validate(data) {
      compiled ??= compile(schema)
      const isRight = compiled.call(this, data)
      validator.errors = compiled.errors
      return isRight
    }
    return validator
  }
}
