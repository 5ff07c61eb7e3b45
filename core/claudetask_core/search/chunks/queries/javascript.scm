(function_declaration name: (_) @name) @function
(generator_function_declaration name: (_) @name) @function
(class_declaration name: (_) @name) @class
(method_definition name: (_) @name) @method
(field_definition property: (_) @name value: [(arrow_function) (function_expression)]) @method
(field_definition property: (_) @name) @field
(pair key: (_) @name value: [(arrow_function) (function_expression)]) @method
(lexical_declaration (variable_declarator name: (identifier) @name value: [(arrow_function) (function_expression) (generator_function)])) @function
(variable_declaration (variable_declarator name: (identifier) @name value: [(arrow_function) (function_expression)])) @function
(lexical_declaration (variable_declarator name: (identifier) @name value: (class))) @class
(program (lexical_declaration (variable_declarator name: (identifier) @name)) @constant)
(program (variable_declaration (variable_declarator name: (identifier) @name)) @constant)
(export_statement (lexical_declaration (variable_declarator name: (identifier) @name))) @constant
(export_statement declaration: (_ name: (_) @name)) @wider
(export_statement (export_clause (export_specifier alias: (_) @name))) @export
(expression_statement (assignment_expression left: (member_expression object: (member_expression object: (identifier) @owner property: (property_identifier) @_m) property: (_) @name) right: [(arrow_function) (function_expression)]) (#set! words "prototype")) @function
(expression_statement (assignment_expression left: (member_expression property: (_) @name) right: [(arrow_function) (function_expression) (class)])) @function
(expression_statement (assignment_expression left: (identifier) @name right: [(arrow_function) (function_expression)])) @function
(comment) @comment
(decorator) @leading
