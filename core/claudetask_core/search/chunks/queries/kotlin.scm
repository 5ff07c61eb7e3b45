(function_declaration (simple_identifier) @name) @function
(secondary_constructor "constructor" @name) @method
(class_declaration "interface" (type_identifier) @name) @interface
(class_declaration "enum" (type_identifier) @name) @enum
(class_declaration (type_identifier) @name) @class
(object_declaration (type_identifier) @name) @class
(type_alias (type_identifier) @name) @type
(enum_entry (simple_identifier) @name) @field
(source_file (property_declaration (variable_declaration (simple_identifier) @name)) @constant)
(property_declaration (variable_declaration (simple_identifier) @name)) @field
(class_parameter (binding_pattern_kind) (simple_identifier) @name) @field
(multiline_comment) @comment
