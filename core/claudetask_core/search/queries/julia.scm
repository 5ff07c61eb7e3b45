(function_definition (signature (call_expression . (_) @name))) @function
(function_definition (signature (typed_expression (call_expression . (_) @name)))) @function
(function_definition (signature (where_expression (call_expression . (_) @name)))) @function
(assignment . (call_expression . (_) @name)) @function
(macro_definition (signature (call_expression . (_) @name))) @macro
(struct_definition (type_head (identifier) @name)) @struct
(struct_definition (type_head (binary_expression . (identifier) @name))) @struct
(abstract_definition (type_head (_) @name)) @type
(module_definition name: (_) @name) @module
(const_statement (assignment . (identifier) @name)) @constant
