(value_declaration functionDeclarationLeft: (function_declaration_left . (_) @name)) @function
(type_declaration name: (_) @name) @type
(type_alias_declaration name: (_) @name) @type
(union_variant name: (_) @name) @field
(type_annotation name: (_) @name) @function
(port_annotation name: (_) @name) @function
(block_comment) @comment
