import { z } from 'zod';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** As whoever writes it may: in JSON Schema 7, which AsyncAPI 3 extends, without what says nothing to them. */
export function schemaOf(schema: z.ZodType): JsonSchema {
  const json: JsonSchema = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
      delete jsonSchema.propertyNames;
      delete jsonSchema.readOnly;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  delete json.$schema;
  return json;
}

/** The values that a field of constants or words may have. */
export function valuesOf(schema: JsonSchema, name: string): readonly string[] {
  const field = schema.properties?.[name];
  if (typeof field !== 'object') throw new Error(`the schema has no field ${name}`);
  const { const: one, enum: many = [one] } = field;
  return many.map(String);
}
