(function_definition (signature (call_expression . (_) @name))) @function
(function_definition (signature (typed_expression (call_expression . (_) @name)))) @function
(function_definition (signature (where_expression (call_expression . (_) @name)))) @function
(assignment . (call_expression . (_) @name)) @function
(macro_definition (signature (call_expression . (_) @name))) @macro
(struct_definition (type_head (identifier) @name)) @struct
(struct_definition (type_head (binary_expression . (identifier) @name))) @struct
(struct_definition (type_head (parametrized_type_expression . (identifier) @name))) @struct
(struct_definition (type_head (binary_expression . (parametrized_type_expression . (identifier) @name)))) @struct
(macrocall_expression (macro_identifier (identifier) @_m) (macro_argument_list . (identifier) @name) (#set! words "enum")) @enum
(abstract_definition (type_head (_) @name)) @type
(module_definition name: (_) @name) @module
(assignment . (identifier) @name (arrow_function_expression)) @function
(const_statement (assignment . (identifier) @name)) @constant
(const_statement (assignment . (parametrized_type_expression . (identifier) @name))) @constant
(const_statement (global_statement (assignment . (identifier) @name))) @constant
(block_comment) @comment
(source_file (string_literal) @leading)
(block (string_literal) @leading)
