(function_declaration name: (_) @name) @function
(generator_function_declaration name: (_) @name) @function
(function_signature name: (_) @name) @function
(class_declaration name: (_) @name) @class
(abstract_class_declaration name: (_) @name) @class
(interface_declaration name: (_) @name) @interface
(type_alias_declaration name: (_) @name) @type
(enum_declaration name: (_) @name) @enum
(enum_body name: (property_identifier) @name @field)
(enum_assignment name: (_) @name) @field
(internal_module name: (_) @name) @namespace
(module name: (_) @name) @module
(method_definition name: (_) @name) @method
(method_signature name: (_) @name) @prototype
(abstract_method_signature name: (_) @name) @method
(property_signature name: (_) @name) @field
(required_parameter (accessibility_modifier) pattern: (identifier) @name) @property
(public_field_definition name: (_) @name value: [(arrow_function) (function_expression)]) @method
(public_field_definition name: (_) @name) @field
(pair key: (_) @name value: [(arrow_function) (function_expression)]) @method
(lexical_declaration (variable_declarator name: (identifier) @name value: [(arrow_function) (function_expression) (generator_function)])) @function
(variable_declaration (variable_declarator name: (identifier) @name value: [(arrow_function) (function_expression)])) @function
(lexical_declaration (variable_declarator name: (identifier) @name value: (class))) @class
(program (lexical_declaration (variable_declarator name: (identifier) @name)) @constant)
(program (variable_declaration (variable_declarator name: (identifier) @name)) @constant)
(export_statement (lexical_declaration (variable_declarator name: (identifier) @name))) @constant
(ambient_declaration (_ (variable_declarator name: (identifier) @name))) @constant
(export_statement declaration: (_ name: (_) @name)) @wider
(export_statement (export_clause (export_specifier alias: (_) @name))) @export
(expression_statement (assignment_expression left: (member_expression object: (member_expression object: (identifier) @owner property: (property_identifier) @_m) property: (_) @name) right: [(arrow_function) (function_expression)]) (#set! words "prototype")) @function
(expression_statement (assignment_expression left: (member_expression property: (_) @name) right: [(arrow_function) (function_expression) (class)])) @function
(expression_statement (assignment_expression left: (identifier) @name right: [(arrow_function) (function_expression)])) @function
(comment) @comment
(decorator) @leading
