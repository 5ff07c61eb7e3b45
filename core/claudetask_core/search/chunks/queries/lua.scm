(function_declaration name: [(identifier) @name (dot_index_expression field: (_) @name) (method_index_expression method: (_) @name)]) @function
(assignment_statement (variable_list name: [(identifier) @name (dot_index_expression field: (_) @name)]) (expression_list value: (function_definition))) @function
(variable_declaration (assignment_statement (variable_list name: (_) @name) (expression_list value: (function_definition)))) @function
(field name: (_) @name value: (function_definition)) @method
(chunk (variable_declaration (assignment_statement (variable_list name: (identifier) @name))) @constant)
(chunk (assignment_statement (variable_list name: [(identifier) @name (dot_index_expression field: (_) @name)])) @constant)
(comment) @comment
