export declare function withoutTypes(source: string): string
